import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { IndexDocument } from '../../../src/core/cache/indexDocument';
import { editIndex, parseIndex } from '../../../src/core/cache/indexFile';
import type { PythonValue } from '../../../src/core/cache/pythonJson';
import { parsePython, PythonNumber } from '../../../src/core/cache/pythonJson';
import { UserError } from '../../../src/core/errors';

const typical = join(__dirname, '../../fixtures/golden/iris-kv-cache/typical/.iris/kv-cache');

function parseText(text: string) {
  return parseIndex(Buffer.from(text, 'latin1'));
}

function textOf(document: IndexDocument): string {
  return Buffer.from(document.print()).toString('utf8');
}

function entryText(changes: Record<string, string> = {}): string {
  const fields: Record<string, string> = {
    original_key: '"k"',
    path: '"/workspace/.iris/kv-cache/task/k"',
    content_type: '"text/plain"',
    size_bytes: '1',
    fingerprint: '"ca978112ca1bbdca"',
    created_at: '"2025-11-11T03:30:00.125091"',
    expires_at: '"2025-11-12T03:30:00.125091"',
    ttl_hours: '24',
    metadata: '{}',
    ...changes,
  };
  return `{${Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `"${name}": ${value}`)
    .join(', ')}}`;
}

function problemsOf(entry: string): string[] {
  const index = parseText(`{"k": ${entry}}`);
  assert.ok(index.kind === 'valid');
  return index.entries[0]!.problems.map(({ kind, field }) => `${kind} ${field}`);
}

describe('parseIndex', () => {
  it('tells an index that does not exist', () => {
    assert.deepEqual(parseIndex(undefined), { kind: 'absent' });
  });

  const unreadable: [string, RegExp][] = [
    ['', /empty/],
    ['{"a": {"orig', /text ends inside the string that starts at line 1, column 8/],
    ['\xef\xbb\xbf{}', /byte order mark/],
    ['{"a": "\xff"}', /not UTF-8/],
    ['{', /name in double quotes/],
    ['\0', /value is expected/],
    ['['.repeat(100_000), /nested/],
  ];
  for (const [text, reason] of unreadable) {
    it(`can't read ${JSON.stringify(text.slice(0, 20))}`, () => {
      const index = parseText(text);
      assert.ok(index.kind === 'unreadable');
      assert.match(index.reason, reason);
      assert.match(index.sha256, /^[0-9a-f]{64}$/);
    });
  }

  for (const text of ['[]', '"x"', '5', 'null', 'NaN', 'true']) {
    it(`refuses ${text} as an index`, () => {
      assert.equal(parseText(text).kind, 'invalid');
    });
  }

  it('reads every field of the golden entries', () => {
    const index = parseIndex(readFileSync(join(typical, 'task/_index.json')));
    assert.ok(index.kind === 'valid');
    assert.equal(index.entries.length, 24);
    assert.deepEqual(
      index.entries.flatMap(({ problems }) => problems),
      [],
    );
    const half = index.entries.find(({ key }) => key === 'half_hour');
    assert.equal(half?.ttlHours, 6.5);
    assert.equal(half.createdAt, '2025-11-12T06:30:00.135809');
  });

  it('takes NaN, big integers and __proto__ in metadata', () => {
    const index = parseText(
      `{"__proto__": ${entryText({ metadata: '{"n": NaN, "big": 1152921504606846977, "__proto__": {"x": 1}}' })}}`,
    );
    assert.ok(index.kind === 'valid');
    const [entry] = index.entries;
    assert.equal(entry?.key, '__proto__');
    assert.deepEqual(entry.problems, []);
    assert.equal((entry.metadata.get('big') as PythonNumber).raw, '1152921504606846977');
  });

  const damaged: [string, string[]][] = [
    [entryText(), []],
    [entryText({ expires_at: 'null' }), []],
    [entryText({ ttl_hours: '24.0', updated_at: '"2025-11-11T03:30:00"', tags: '["a"]', version: '3' }), []],
    [entryText({ tags: 'null', updated_at: 'null' }), []],
    [entryText({ original_key: '' }), ['missing original_key']],
    [entryText({ size_bytes: '', metadata: '' }), ['missing size_bytes', 'missing metadata']],
    [entryText({ size_bytes: '"1"' }), ['wrong-type size_bytes']],
    [entryText({ size_bytes: '-1' }), ['wrong-type size_bytes']],
    [entryText({ size_bytes: 'true' }), ['wrong-type size_bytes']],
    [entryText({ size_bytes: '1152921504606846976' }), []],
    [entryText({ expires_at: '"2025-11-12T03:30:00Z"' }), ['aware-time expires_at']],
    [entryText({ created_at: '"2025-11-12T03:30:00+00:00"' }), ['aware-time created_at']],
    [entryText({ expires_at: '"soon"' }), ['malformed-time expires_at']],
    [entryText({ expires_at: '5' }), ['wrong-type expires_at']],
    [entryText({ ttl_hours: 'NaN' }), ['wrong-type ttl_hours']],
    [entryText({ metadata: '[]' }), ['wrong-type metadata']],
    [entryText({ tags: '[1]' }), ['wrong-type tags']],
    [entryText({ version: '"1.0"' }), ['wrong-type version']],
    ['[]', ['wrong-type ']],
    ['null', ['wrong-type ']],
  ];
  for (const [entry, problems] of damaged) {
    it(`finds ${problems.join(', ') || 'nothing'} in ${entry.slice(0, 30)}…`, () => {
      assert.deepEqual(problemsOf(entry), problems);
    });
  }

  it('knows the time of an aware timestamp, but not of a malformed one', () => {
    const index = parseText(`{"k": ${entryText({ created_at: '"2025-11-11T00:00:00Z"', expires_at: '"never"' })}}`);
    assert.ok(index.kind === 'valid');
    assert.equal(index.entries[0]?.createdMs, Date.UTC(2025, 10, 11));
    assert.equal(index.entries[0].expiresAt, 'never');
    assert.equal(index.entries[0].expiresMs, undefined);
  });

  it('never throws, whatever the bytes', () => {
    const golden = readFileSync(join(typical, 'system/_index.json'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(golden.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(golden.length),
        (changes, length) => {
          const bytes = Buffer.from(golden);
          for (const [offset, value] of changes) {
            bytes[offset] = value;
          }
          const index = parseIndex(bytes.subarray(0, length));
          if (index.kind === 'valid') {
            assert.equal(parseIndex(editIndex(index).print()).kind, 'valid');
          }
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        parseIndex(bytes);
      }),
    );
  });
});

describe('IndexDocument', () => {
  const fields = {
    originalKey: 'a b',
    path: '/workspace/.iris/kv-cache/task/a_b',
    contentType: 'text/plain',
    sizeBytes: 3,
    fingerprint: '0'.repeat(16),
    createdAt: '2025-11-11T03:30:00',
    expiresAt: null,
    ttlHours: 24,
    metadata: new Map<string, PythonValue>(),
  };

  it('prints a new index as the original writer does', () => {
    const document = new IndexDocument();
    assert.equal(textOf(document), '{}');
    document.put('a_b', { ...fields, ttlHours: 6.5, updatedAt: '2025-11-11T03:30:01', tags: ['x'], version: 2 });
    assert.equal(
      textOf(document),
      `{
  "a_b": {
    "original_key": "a b",
    "path": "/workspace/.iris/kv-cache/task/a_b",
    "content_type": "text/plain",
    "size_bytes": 3,
    "fingerprint": "0000000000000000",
    "created_at": "2025-11-11T03:30:00",
    "expires_at": null,
    "ttl_hours": 6.5,
    "metadata": {},
    "updated_at": "2025-11-11T03:30:01",
    "tags": [
      "x"
    ],
    "version": 2
  }
}`,
    );
  });

  it('keeps the place and the unknown fields of an entry that is put again', () => {
    const root = parsePython(
      '{"10": {"x": 1.0}, "2": {"original_key": "old", "custom": {"deep": NaN}, "tags": ["t"]}, "z": 5}',
    );
    const document = new IndexDocument(root as ReadonlyMap<string, PythonValue>);
    document.put('2', fields);
    const again = parsePython(textOf(document)) as ReadonlyMap<string, ReadonlyMap<string, PythonValue>>;
    assert.deepEqual([...again.keys()], ['10', '2', 'z']);
    assert.deepEqual([...again.get('2')!.keys()].slice(-2), ['metadata', 'custom']);
    assert.match(textOf(document), /"x": 1\.0/);
    assert.match(textOf(document), /"deep": NaN/);
  });

  it('changes some fields and leaves the rest as it was', () => {
    const bytes = readFileSync(join(typical, 'instructions/_index.json'));
    const index = parseIndex(bytes);
    assert.ok(index.kind === 'valid');
    const document = editIndex(index);
    const key = document.keys[2]!;
    document.change(key, new Map([['ttl_hours', PythonNumber.int(1)]]));
    const expected = bytes.toString('utf8').split('\n');
    const actual = textOf(document).split('\n');
    assert.equal(actual.length, expected.length);
    assert.equal(actual.filter((line, number) => line !== expected[number]).length, 1);
    document.change(key, new Map([['ttl_hours', PythonNumber.int(168)]]));
    assert.equal(textOf(document), bytes.toString('utf8'));
    document.change(key, new Map([['metadata', undefined]]));
    assert.ok(!(document.get(key) as ReadonlyMap<string, PythonValue>).has('metadata'));
  });

  it('deletes one entry and keeps the others byte for byte', () => {
    const index = parseIndex(readFileSync(join(typical, 'project/_index.json')));
    assert.ok(index.kind === 'valid');
    const document = editIndex(index);
    const copy = document.clone();
    assert.ok(document.delete('summary'));
    assert.ok(!document.delete('summary'));
    assert.ok(copy.has('summary'));
    assert.deepEqual(
      document.keys,
      index.entries.map(({ key }) => key).filter((key) => key !== 'summary'),
    );
  });

  it('refuses to change an entry that is absent or not an object', () => {
    const document = new IndexDocument(new Map([['bad', 'text']]));
    for (const key of ['bad', 'absent']) {
      assert.throws(() => {
        document.change(key, new Map());
      }, UserError);
    }
  });
});
