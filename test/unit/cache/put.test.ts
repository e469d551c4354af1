import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseIndex } from '../../../src/core/cache/indexFile';
import { scopeNames } from '../../../src/core/cache/model';
import { planPut } from '../../../src/core/cache/plans/put';
import type { PythonNumber } from '../../../src/core/cache/pythonJson';
import { formatTimestamp } from '../../../src/core/cache/timestamps';
import { UserError } from '../../../src/core/errors';
import { sha256 } from '../sources/fileTreeContract';
import { goldenCaches, soundEntry } from './temporaryCache';
import { drawResults, filesBelow, WritableCache } from './writing';

const mebibyte = 1024 * 1024;

describe('put', () => {
  let work: WritableCache;

  beforeEach(() => {
    work = new WritableCache();
  });

  afterEach(() => {
    work.dispose();
  });

  it('writes every index of the golden cache again, byte for byte', async () => {
    const golden = join(goldenCaches, 'typical/.iris/kv-cache');
    for (const scope of scopeNames) {
      const index = parseIndex(readFileSync(join(golden, scope, '_index.json')));
      assert.equal(index.kind, 'valid');
      for (const entry of index.entries) {
        // Two entries were made faulty by hand: their bytes are not those that were put.
        const file = entry.key === 'analysis_result__1' ? undefined : readFileSync(join(golden, scope, entry.key));
        if (file === undefined || sha256(file).slice(0, 16) !== entry.fingerprint) {
          continue;
        }
        // The original takes the expiry from an earlier reading of its clock than the time of creation.
        work.nowMs = entry.createdMs!;
        const ttlHours = entry.record.get('ttl_hours') as PythonNumber;
        const report = await work.apply(
          planPut(await work.source(), {
            scope,
            originalKey: entry.originalKey!,
            bytes: file,
            ttlHours,
            contentType: entry.contentType!,
            metadata: entry.metadata,
          }),
        );
        assert.deepEqual(drawResults(report), [`done ${scope}/${entry.key}`]);
      }
      const expected = readFileSync(join(golden, scope, '_index.json'), 'utf8');
      const faulty = new Set(['analysis_result__1', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6']);
      assert.equal(withoutExpiry(work.text(`${scope}/_index.json`)), withoutExpiry(without(expected, faulty)));
    }
  });

  it('writes value, derived path and naive times of a new entry, and nothing else', async () => {
    const report = await work.put({ scope: 'artifacts', originalKey: 'käse/1', text: 'ä' });
    assert.deepEqual(drawResults(report), ['done artifacts/käse_1']);
    assert.deepEqual(Object.keys(work.files()), ['artifacts/_index.json', 'artifacts/käse_1']);
    assert.equal(work.text('artifacts/käse_1'), 'ä');
    assert.equal(
      work.text('artifacts/_index.json'),
      `{
  "k\\u00e4se_1": {
    "original_key": "k\\u00e4se/1",
    "path": "/workspace/.iris/kv-cache/artifacts/k\\u00e4se_1",
    "content_type": "text/plain",
    "size_bytes": 2,
    "fingerprint": "${sha256(Buffer.from('ä')).slice(0, 16)}",
    "created_at": "2025-11-12T09:30:00.123456",
    "expires_at": "2025-11-14T09:30:00.123456",
    "ttl_hours": 48,
    "metadata": {}
  }
}`,
    );
  });

  it('keeps place, tags, version and unknown fields of an entry that it replaces', async () => {
    const old = { ...soundEntry('task', 'b', 'old'), tags: ['x'], version: 3, owner: { id: 1 } };
    work.cache.write('task/b', 'old');
    work.cache.write('task/_index.json', JSON.stringify({ a: soundEntry('task', 'a', ''), b: old, c: 'odd' }, null, 2));
    work.cache.write('task/a', '');
    await work.put({ scope: 'task', originalKey: 'b', text: 'new' });
    const index = work.index('task');
    assert.deepEqual(Object.keys(index), ['a', 'b', 'c']);
    assert.equal(index['c'], 'odd');
    const { tags, version, owner, updated_at: updatedAt, fingerprint } = index['b']!;
    assert.deepEqual([tags, version, owner], [['x'], 3, { id: 1 }]);
    assert.equal(updatedAt, formatTimestamp(work.nowMs));
    assert.equal(fingerprint, sha256(Buffer.from('new')).slice(0, 16));
  });

  it('keeps numbers that JavaScript would change, and __proto__', async () => {
    const odd =
      '{\n  "1": {\n    "n": 1152921504606846976,\n    "f": 168.0,\n    "x": NaN\n  },\n  "__proto__": {\n    "a": 1\n  },\n  "0": {}\n}';
    work.cache.write('task/_index.json', odd);
    await work.put({ scope: 'task', originalKey: 'k', text: 'v' });
    assert.ok(work.text('task/_index.json').startsWith(`${odd.slice(0, -2)},\n  "k": {`));
  });

  it('reckons the quota as the original does: expired entries and the replaced one included', async () => {
    work.cache.put('instructions', 'big', 'x', {
      size_bytes: 5 * mebibyte - 3,
      expires_at: '2020-01-01T00:00:00',
    });
    assert.deepEqual(drawResults(await work.put({ scope: 'instructions', originalKey: 'a', text: 'abc' })), [
      'done instructions/a',
    ]);
    const before = work.files();
    const report = await work.put({ scope: 'instructions', originalKey: 'a', text: 'x' });
    assert.match(drawResults(report)[0]!, /^failed instructions\/a: .*5242881 of 5242880 bytes/);
    assert.deepEqual(work.files(), before);
  });

  it('refuses values above 50 MiB and takes an empty one', async () => {
    const large = planPut(await work.source(), {
      scope: 'artifacts',
      originalKey: 'large',
      bytes: new Uint8Array(50 * mebibyte + 1),
    });
    assert.match(drawResults(await work.apply(large))[0]!, /^failed artifacts\/large: .*52428800/);
    assert.deepEqual(work.files(), {});
    assert.deepEqual(drawResults(await work.put({ scope: 'task', originalKey: 'empty', text: '' })), [
      'done task/empty',
    ]);
  });

  for (const [name, content] of [
    ['cut off', '{"a": {'],
    ['empty', ''],
    ['a list', '[]'],
    ['with a byte order mark', '\uFEFF{}'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ] as const) {
    it(`never writes over an index that is ${name}`, async () => {
      work.cache.write('project/_index.json', content);
      const before = work.files();
      const report = await work.put({ scope: 'project', originalKey: 'summary', text: 'x' });
      assert.match(drawResults(report)[0]!, /^failed project\/summary: .*index of 'project'.*Repair/);
      assert.deepEqual(work.files(), before);
      assert.equal(report.operationId, undefined);
    });
  }

  for (const key of ['.', '..', '_index.json', '_INDEX.JSON', '', '.context-cache-lock', 'a..b', 'x'.repeat(256)]) {
    it(`refuses the key ${JSON.stringify(key.slice(0, 20))}`, async () => {
      const source = await work.source();
      assert.throws(() => planPut(source, { scope: 'task', originalKey: key, bytes: Buffer.from('x') }), UserError);
    });
  }

  it('refuses a key that another key made its file', async () => {
    await work.put({ scope: 'task', originalKey: 'a/b', text: '1' });
    await assert.rejects(work.put({ scope: 'task', originalKey: 'a b', text: '2' }), /belongs to the key "a\/b"/);
  });

  it('refuses a new key that differs from another by case or normalisation only', async () => {
    await work.put({ scope: 'task', originalKey: 'Note', text: '1' });
    await work.put({ scope: 'task', originalKey: 'caf\u00e9', text: '1' });
    const before = work.files();
    const report = await work.put({ scope: 'task', originalKey: 'note', text: '2' });
    assert.match(drawResults(report)[0]!, /^failed task\/note: .*Note/);
    assert.deepEqual(work.files(), before);
  });

  it('leaves everything outside alone: links as scope, index and value', async () => {
    const outside = work.cache.outside('precious');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'value'), 'precious');
    writeFileSync(join(outside, '_index.json'), '{}');
    const before = filesBelow(outside);
    symlinkSync(outside, work.cache.path('project'));
    work.cache.put('task', 'linked', 'x');
    work.cache.write('system/x', 'x');
    symlinkSync(join(outside, '_index.json'), work.cache.path('system', '_index.json'));
    symlinkSync(join(outside, 'value'), work.cache.path('task', 'value'));
    for (const [scope, key] of [
      ['project', 'value'],
      ['project', 'new'],
      ['task', 'value'],
      ['system', 'x'],
    ] as const) {
      const report = await work.put({ scope, originalKey: key, text: 'overwritten' });
      assert.equal(report.results[0]?.outcome, 'failed', `${scope}/${key}`);
      assert.equal(report.operationId, undefined);
    }
    assert.deepEqual(filesBelow(outside), before);
    assert.deepEqual(Object.keys(work.index('task')), ['linked']);
  });

  it('keeps the value that it replaces', async () => {
    await work.put({ scope: 'project', originalKey: 'summary', text: 'one' });
    work.cache.put('project', 'summary', 'two, by the agent');
    await work.put({ scope: 'project', originalKey: 'summary', text: 'three' });
    const versions = await work.history.versions({ sourceId: work.tree.id, scope: 'project', key: 'summary' });
    assert.deepEqual(
      versions.map(({ author }) => author),
      ['put', 'sandbox', 'put'],
    );
    assert.equal(
      Buffer.from((await work.history.content(versions[1]!.content!.sha256!))!).toString(),
      'two, by the agent',
    );
  });
});

/** The index less some entries. */
function without(text: string, keys: ReadonlySet<string>): string {
  const index = JSON.parse(text) as Record<string, unknown>;
  return keys.size === 0 || !Object.keys(index).some((key) => keys.has(key))
    ? text
    : text.replace(/ {2}"(\w[^"]*)": \{\n(?: {4}.*\n)* {2}\},?\n?/g, (entry, key: string) =>
        keys.has(key) ? '' : entry,
      );
}

function withoutExpiry(text: string): string {
  return text.replace(/"expires_at": "[^"]*"/g, '"expires_at": ""').replace(/\},\n\}$/, '}\n}');
}
