import assert from 'node:assert/strict';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { checkHealth, healthIds } from '../../../src/core/cache/health';
import type { Finding } from '../../../src/core/findings';
import { fingerprintOfFolder } from '../sources/fileTreeContract';
import { goldenClock, goldenTree, TemporaryCache } from './temporaryCache';

const mebibyte = 1024 * 1024;
/** Metadata with which a summary says where it comes from, so that nothing else is found in it. */
const sourced = { metadata: { source_fingerprint: '0'.repeat(16) } };

function short({ id, severity, scope, key }: Finding): string {
  return `${severity} ${id} ${scope ?? '-'}${key === undefined ? '' : `/${key}`}`;
}

describe('checkHealth', () => {
  let cache: TemporaryCache;

  beforeEach(() => {
    cache = new TemporaryCache();
  });

  afterEach(() => {
    cache.dispose();
  });

  async function findings(library?: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
    const before = fingerprintOfFolder(cache.root);
    const found = await checkHealth(cache.tree, { clock: goldenClock, ...(library === undefined ? {} : { library }) });
    assert.deepEqual(fingerprintOfFolder(cache.root), before, 'looking changes nothing');
    for (const { message, fix, id } of found) {
      assert.match(message, /^['A-Z0-9].*\.$/s);
      assert.ok(fix !== undefined && fix !== '');
      assert.ok((healthIds as readonly string[]).includes(id));
    }
    return found;
  }

  async function found(library?: ReadonlyMap<string, string>): Promise<readonly string[]> {
    return (await findings(library)).map(short);
  }

  it('finds the faults of the golden tree', async () => {
    const list = await checkHealth(goldenTree('typical'), { clock: goldenClock });
    const heavy = list.filter(({ severity }) => severity !== 'information').map(short);
    assert.deepEqual(heavy, [
      'error corrupt task/summary_09208a65-0f3e-4dd3-902b-938b8743feb6',
      'error missing artifacts/analysis_result__1',
      'warning orphan artifacts/tool_output_orphan_deadbeef',
    ]);
    const light = list.filter(({ severity }) => severity === 'information');
    assert.deepEqual(
      light
        .filter(({ id }) => id === 'expired')
        .map(({ scope, message }) => `${scope ?? ''} ${/\d+ bytes/.exec(message)?.[0] ?? ''}`),
      ['system 3 bytes', 'project 16 bytes', 'task 293 bytes', 'artifacts 6144 bytes'],
    );
    assert.deepEqual(new Set(light.map(({ id }) => id)), new Set(['expired', 'stale-summary']));
    // Twelve conversation summaries, three of them expired, and that of the project.
    assert.equal(light.filter(({ id }) => id === 'stale-summary').length, 12 - 3 + 1);
  });

  it('finds every value of the golden tree without an index, and the flag that hides it', async () => {
    const list = (await checkHealth(goldenTree('unindexed'), { clock: goldenClock })).map(short);
    assert.equal(list.filter((line) => line.startsWith('warning orphan')).length, 56);
    assert.deepEqual(
      list.filter((line) => !line.startsWith('warning orphan')).sort(),
      ['document_creation', 'presentation', 'research', 'visualization', 'web_development'].map(
        (tag) => `warning seed-flag instructions/instruction_${tag}`,
      ),
    );
  });

  it('finds nothing in an empty or sound cache', async () => {
    assert.deepEqual(await checkHealth(goldenTree('empty'), { clock: goldenClock }), []);
    cache.put('task', 'a', 'x');
    cache.put('project', 'summary', 'x', sourced);
    assert.deepEqual(await found(), []);
  });

  it('orphan', async () => {
    cache.put('task', 'a', 'x');
    cache.write('task/b', 'x');
    assert.deepEqual(await found(), ['warning orphan task/b']);
  });

  it('missing', async () => {
    cache.putAll('task', { a: {}, b: { content: 'x' } });
    assert.deepEqual(await found(), ['error missing task/a']);
  });

  it('corrupt', async () => {
    cache.put('task', 'a', 'x');
    cache.write('task/a', 'y');
    assert.deepEqual(await found(), ['error corrupt task/a']);
  });

  it('expired', async () => {
    cache.putAll('task', {
      a: { content: 'xx', changes: { expires_at: '2025-11-12T09:30:00.123455' } },
      b: { content: 'yyy', changes: { expires_at: '2025-11-12T09:30:00' } },
      c: { content: 'z', changes: { expires_at: '2025-11-12T09:30:00.123457', ttl_hours: 0.0000001 } },
    });
    const [finding, ...others] = await findings();
    assert.deepEqual(others, []);
    assert.equal(finding?.message, "2 expired entries of 'task' still hold 5 bytes: 'a', 'b'.");
  });

  it('unreadable-index', async () => {
    cache.write('task/_index.json', '{"a": ');
    cache.write('task/a', 'x');
    cache.write('task/b', 'y');
    const [finding, ...others] = await findings();
    assert.deepEqual(others, []);
    assert.equal(short(finding!), 'error unreadable-index task');
    assert.match(finding!.message, /value is expected at line 1, column 7.*2 entries could be rebuilt.*'a', 'b'/);
  });

  it('foreign-path', async () => {
    cache.putAll('task', {
      a: { content: 'x', changes: { path: '/etc/passwd' } },
      b: { content: 'y', changes: { path: '/workspace/.iris/kv-cache/system/b' } },
      link: { content: 'z' },
    });
    writeFileSync(cache.outside('secret'), 'z');
    rmSync(cache.path('task/link'));
    symlinkSync(cache.outside('secret'), cache.path('task/link'));
    assert.deepEqual(await found(), [
      'error foreign-path task/a',
      'error foreign-path task/b',
      'error foreign-path task/link',
    ]);
  });

  it('bad-timestamp', async () => {
    cache.putAll('task', {
      aware: { content: 'a', changes: { expires_at: '2025-11-13T09:00:00Z' } },
      broken: { content: 'b', changes: { created_at: 'yesterday' } },
      lacking: { content: 'c', changes: { original_key: undefined, metadata: undefined } },
      typed: { content: 'd', changes: { size_bytes: '1' } },
      light: { content: 'e', changes: { tags: 'x' } },
    });
    const list = await findings();
    assert.deepEqual(list.map(short), [
      'error bad-timestamp task/aware',
      'error bad-timestamp task/broken',
      'error bad-timestamp task/lacking',
      'error bad-timestamp task/typed',
      'warning bad-timestamp task/light',
    ]);
    assert.match(list[2]!.message, /original_key is missing; metadata is missing/);
  });

  it('key-collision', async () => {
    cache.putAll('task', {
      Readme: { content: 'a' },
      readme: { content: 'b' },
      a_b: { content: 'c', changes: { original_key: 'a b' } },
      a_c: { content: 'd', changes: { original_key: 'a b' } },
    });
    assert.deepEqual(await found(), [
      'warning key-collision task/readme',
      'warning key-collision task/a_c',
      'warning key-collision task/a_c',
    ]);
  });

  it('quota', async () => {
    const sized = (bytes: number) => ({ content: 'x', changes: { size_bytes: bytes } });
    cache.putAll('instructions', { a: sized(4 * mebibyte + 1) });
    cache.putAll('project', { a: sized(16 * mebibyte) });
    cache.putAll('system', { a: sized(11 * mebibyte) });
    const list = (await found()).filter((line) => line.includes('quota'));
    assert.deepEqual(list, ['error quota system', 'error quota system/a', 'warning quota instructions']);
  });

  it('seed-flag', async () => {
    cache.putAll('instructions', {
      instruction_good: { content: 'x' },
      instruction_old: { content: 'x', changes: { expires_at: '2025-11-12T00:00:00' } },
      instruction_other: { content: 'y' },
    });
    cache.write('instructions/instruction_unlisted', 'x');
    cache.write(
      '.instructions_seeded.json',
      JSON.stringify({
        version: 1,
        seeded_at: '2025-11-12T00:00:00+00:00',
        results: { good: true, old: true, other: true, unlisted: true, gone: true, failed: false, '..': true },
      }),
    );
    const xs = '2d711642b726b044';
    const list = await findings(
      new Map([
        ['good', xs],
        ['other', xs],
      ]),
    );
    assert.deepEqual(
      list
        .filter(({ id }) => id === 'seed-flag')
        .map(({ key, message }) => `${key ?? ''}: ${/but (.*);/.exec(message)?.[1] ?? ''}`),
      [
        'instruction_old: it has expired',
        'instruction_other: it differs from its source file',
        'instruction_unlisted: it has no index entry',
        'instruction_gone: it is missing',
      ],
    );
    for (const damaged of ['', '[]', '{"version": 1}', '\ufeff{}']) {
      cache.write('.instructions_seeded.json', damaged);
      assert.ok((await found()).includes('warning seed-flag -'), damaged);
    }
  });

  it('size-mismatch', async () => {
    cache.put('task', 'a', 'x', { size_bytes: 2 });
    assert.deepEqual(await found(), ['warning size-mismatch task/a']);
  });

  it('stale-summary', async () => {
    const from = (metadata: Readonly<Record<string, string>>) => ({ content: 's', changes: { metadata } });
    cache.putAll('artifacts', { log: { content: 'new', changes: { created_at: '2025-11-12T09:20:00' } } });
    cache.putAll('task', {
      summary_older: from({ source_entry: 'artifacts/log' }),
      summary_of_other: from({ source_entry: 'artifacts/log', source_fingerprint: '0'.repeat(16) }),
      summary_of_this: from({ source_entry: 'artifacts/log', source_fingerprint: '11507a0e2f5e69d5' }),
      summary_of_gone: from({ source_entry: 'artifacts/gone' }),
      summary_of_nothing: from({}),
      notes: from({}),
    });
    assert.deepEqual(await found(), [
      'warning stale-summary task/summary_older',
      'warning stale-summary task/summary_of_other',
      'warning stale-summary task/summary_of_gone',
      'information stale-summary task/summary_of_nothing',
    ]);
  });

  it('duplicate', async () => {
    cache.putAll('artifacts', {
      first: { content: 'same' },
      other: { content: 'different' },
      again: { content: 'same' },
      empty: { content: '' },
      blank: { content: '' },
    });
    cache.put('task', 'first', 'same');
    assert.deepEqual(await found(), ['information duplicate artifacts/again']);
  });

  it('has a test of its own for each id', function () {
    const titles = this.test!.parent!.tests.map(({ title }) => title);
    for (const id of healthIds) {
      assert.ok(titles.includes(id), id);
    }
  });
});
