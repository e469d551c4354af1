import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { CacheEntry, CacheSnapshot, ScopeName, ScopeSnapshot } from '../../../src/core/cache/model';
import { scopeNames } from '../../../src/core/cache/model';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { cacheStats } from '../../../src/core/cache/stats';
import { ValueHashCache } from '../../../src/core/cache/valueHashes';
import { SourceError } from '../../../src/core/errors';
import type { FileTree } from '../../../src/core/fileTree';
import { failsWith, fingerprintOfFolder } from '../sources/fileTreeContract';
import { goldenCaches, goldenClock, goldenTree, soundEntry, TemporaryCache } from './temporaryCache';

interface ExpectedKey {
  readonly get_metadata: Readonly<Record<string, unknown>>;
  readonly get: { readonly bytes?: number; readonly sha256?: string; readonly error?: string };
  readonly log?: readonly string[];
}

interface ExpectedScope {
  readonly index_exists: boolean;
  readonly list_keys: readonly { readonly sanitized_key: string }[];
  readonly list_keys_all: readonly {
    readonly sanitized_key: string;
    readonly is_expired: boolean;
    readonly key: string;
  }[];
  readonly stats: Readonly<Record<string, number>>;
  readonly keys: Readonly<Record<string, ExpectedKey>>;
  readonly orphans: readonly string[];
  readonly missing: readonly string[];
}

interface Expected {
  readonly scopes: Readonly<Record<ScopeName, ExpectedScope>>;
  readonly seed_flag: {
    readonly version: number;
    readonly seeded_at: string;
    readonly results: Readonly<Record<string, boolean>>;
  };
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(goldenCaches, `${name}.expected.json`), 'utf8')) as Expected;
}

function scopeOf(snapshot: CacheSnapshot, scope: ScopeName): ScopeSnapshot {
  return snapshot.scopes.find((candidate) => candidate.scope === scope)!;
}

function entryOf(snapshot: CacheSnapshot, scope: ScopeName, key: string): CacheEntry {
  const entry = scopeOf(snapshot, scope).entries.find((candidate) => candidate.key === key);
  assert.ok(entry !== undefined, `${scope}/${key} is there`);
  return entry;
}

function sorted(keys: readonly string[]): string[] {
  return [...keys].sort();
}

describe('a snapshot of the golden trees', () => {
  for (const name of ['typical', 'unindexed'] as const) {
    it(`reads '${name}' as the original writer does`, async () => {
      const expected = expectedOf(name);
      const root = join(goldenCaches, name);
      const before = fingerprintOfFolder(root);
      const snapshot = await readSnapshot(goldenTree(name), { clock: goldenClock, verifyValues: true });
      assert.deepEqual(fingerprintOfFolder(root), before);
      assert.deepEqual(
        snapshot.scopes.map(({ scope }) => scope),
        scopeNames,
      );
      assert.equal(snapshot.seedFlag?.version, expected.seed_flag.version);
      assert.equal(snapshot.seedFlag.seededAt, expected.seed_flag.seeded_at);
      assert.deepEqual({ ...snapshot.seedFlag.results }, expected.seed_flag.results);
      const stats = cacheStats(snapshot);
      for (const scope of snapshot.scopes) {
        const wanted = expected.scopes[scope.scope];
        const indexed = scope.entries.filter(({ states }) => !states.includes('orphan'));
        assert.equal(scope.index, wanted.index_exists ? 'valid' : 'absent');
        assert.deepEqual(
          sorted(indexed.map(({ key }) => key)),
          sorted(wanted.list_keys_all.map((key) => key.sanitized_key)),
        );
        assert.deepEqual(
          sorted(indexed.filter(({ states }) => !states.includes('expired')).map(({ key }) => key)),
          sorted(wanted.list_keys.map((key) => key.sanitized_key)),
        );
        assert.deepEqual(
          scope.entries.filter(({ state }) => state === 'orphan').map(({ key }) => key),
          sorted(wanted.orphans),
        );
        assert.deepEqual(
          scope.entries.filter(({ states }) => states.includes('missing')).map(({ key }) => key),
          wanted.missing,
        );
        const numbers = stats.find((candidate) => candidate.scope === scope.scope)!;
        assert.equal(numbers.entries, wanted.stats['total_keys']);
        assert.equal(numbers.active, wanted.stats['active_keys']);
        assert.equal(numbers.expired, wanted.stats['expired_keys']);
        assert.equal(numbers.bytes / 1024 / 1024, wanted.stats['total_size_mb']);
        assert.equal(numbers.quotaBytes / 1024 / 1024, wanted.stats['quota_mb']);
        assert.ok(Math.abs(numbers.quotaPercent - wanted.stats['quota_used_percent']!) < 1e-9);
        assert.equal(numbers.defaultTtlHours, wanted.stats['default_ttl_hours']);
        for (const entry of indexed) {
          checkEntry(entry, wanted.keys[entry.key]!);
        }
      }
    });
  }

  function checkEntry(entry: CacheEntry, wanted: ExpectedKey): void {
    const { get_metadata: fields, get } = wanted;
    assert.equal(entry.originalKey, fields['original_key']);
    assert.equal(entry.path, fields['path']);
    assert.equal(entry.contentType, fields['content_type']);
    assert.equal(entry.sizeBytes, fields['size_bytes']);
    assert.equal(entry.fingerprint, fields['fingerprint']);
    assert.equal(entry.createdAt, fields['created_at']);
    assert.equal(entry.expiresAt, fields['expires_at']);
    assert.equal(entry.ttlHours, fields['ttl_hours']);
    assert.equal(JSON.stringify(entry.metadata), JSON.stringify(fields['metadata']));
    assert.deepEqual(entry.problems, []);
    if (get.sha256 !== undefined) {
      assert.equal(entry.contentSha256, get.sha256);
      assert.equal(entry.fileBytes, get.bytes);
    }
    assert.equal(entry.states.includes('expired'), get.error?.includes('expired') ?? false);
    assert.equal(
      entry.states.includes('corrupt'),
      wanted.log?.some((line) => line.includes('fingerprint mismatch')) ?? false,
    );
    assert.equal(entry.states.includes('foreign'), false);
  }

  it("reads 'empty' as five scopes with nothing in them", async () => {
    const snapshot = await readSnapshot(goldenTree('empty'), { clock: goldenClock, verifyValues: true });
    assert.equal(snapshot.scopes.length, 5);
    assert.ok(
      snapshot.scopes.every(
        ({ entries, index, problem }) => entries.length === 0 && index === 'absent' && problem === undefined,
      ),
    );
    assert.deepEqual({ ...snapshot.seedFlag?.results }, {});
    assert.deepEqual(snapshot.findings, []);
  });

  it('keeps the order of the index, then orphans by name', async () => {
    const snapshot = await readSnapshot(goldenTree('typical'), { clock: goldenClock });
    const keys = scopeOf(snapshot, 'artifacts').entries.map(({ key }) => key);
    assert.equal(keys[0], 'tool_output_web_search_99809225_web_search');
    assert.equal(keys.at(-1), 'tool_output_orphan_deadbeef');
    const unindexed = await readSnapshot(goldenTree('unindexed'), { clock: goldenClock });
    assert.deepEqual(
      scopeOf(unindexed, 'task').entries.map(({ key }) => key),
      sorted(expectedOf('unindexed').scopes.task.orphans),
    );
  });

  it('does not read values unless it is asked to, and then gives them away', async () => {
    const golden = goldenTree('typical');
    const read: string[] = [];
    const tree: FileTree = {
      id: golden.id,
      label: golden.label,
      capabilities: golden.capabilities,
      scan: async (request, options) => {
        read.push(...(request.files ?? []));
        return golden.scan(request, options);
      },
      read: async (path, options) => golden.read(path, options),
      commit: async () => Promise.reject(new Error('a snapshot never writes')),
    };
    const plain = await readSnapshot(tree, { clock: goldenClock });
    assert.deepEqual(
      read.filter((path) => !path.endsWith('.json')),
      [],
    );
    assert.equal(entryOf(plain, 'task', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6').state, 'fresh');
    const hashes = new ValueHashCache();
    const seen = new Set<string>();
    const options = { clock: goldenClock, verifyValues: true, hashes };
    const verified = await readSnapshot(tree, { ...options, onValue: (path) => void seen.add(path) });
    assert.equal(entryOf(verified, 'task', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6').state, 'corrupt');
    const files = verified.scopes.flatMap((scope) => scope.files!.map(({ name }) => `${scope.scope}/${name}`));
    assert.deepEqual(sorted([...seen]), sorted(files));
    read.length = 0;
    const again = await readSnapshot(tree, options);
    assert.deepEqual(
      read.filter((path) => !path.endsWith('.json')),
      [],
    );
    assert.equal(entryOf(again, 'task', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6').state, 'corrupt');
  });
});

describe('a snapshot', () => {
  let cache: TemporaryCache;

  beforeEach(() => {
    cache = new TemporaryCache();
  });

  afterEach(() => {
    cache.dispose();
  });

  async function snapshot(
    options: { library?: ReadonlyMap<string, string>; verifyValues?: boolean; now?: number } = {},
  ) {
    const { now, ...rest } = options;
    return readSnapshot(cache.tree, { ...rest, clock: now === undefined ? goldenClock : { now: () => now } });
  }

  it('shows an entry fresh, then expiring, then expired', async () => {
    cache.put('task', 'a', 'x', { created_at: '2025-11-12T00:00:00', expires_at: '2025-11-13T00:00:00' });
    const at = async (hour: number, ms = 0) =>
      entryOf(await snapshot({ now: Date.UTC(2025, 10, 12, hour) + ms }), 'task', 'a').state;
    assert.equal(await at(0), 'fresh');
    assert.equal(await at(21, 36 * 60_000), 'fresh');
    assert.equal(await at(21, 36 * 60_000 + 1), 'expiring');
    assert.equal(await at(24), 'expiring');
    assert.equal(await at(24, 0.001), 'expired');
  });

  it('never expires an entry without an end', async () => {
    cache.put('task', 'a', 'x', { expires_at: null });
    const entry = entryOf(await snapshot({ now: Date.UTC(2200, 0, 1) }), 'task', 'a');
    assert.deepEqual([entry.state, entry.expiresAt, entry.expiresMs], ['fresh', null, null]);
  });

  it('calls a seeded instruction stale when its source has another fingerprint', async () => {
    cache.putAll('instructions', {
      instruction_web: { content: 'old', changes: { metadata: { auto_seeded: true } } },
      instruction_mine: { content: 'put by an agent' },
    });
    const library = new Map([
      ['web', '0'.repeat(16)],
      ['mine', '0'.repeat(16)],
    ]);
    const shown = await snapshot({ library });
    assert.equal(entryOf(shown, 'instructions', 'instruction_web').state, 'stale');
    assert.equal(entryOf(shown, 'instructions', 'instruction_mine').state, 'fresh');
  });

  it('never follows a path of the index', async () => {
    writeFileSync(cache.outside('secret'), 'secret');
    cache.putAll('task', {
      away: { content: 'x', changes: { path: cache.outside('secret') } },
      '../../../../secret': { changes: { path: '/workspace/.iris/kv-cache/task/../../../../secret' } },
      'a/b': {},
      '.': {},
      '': {},
    });
    const shown = await snapshot({ verifyValues: true });
    for (const { key, state, fileBytes, contentSha256 } of scopeOf(shown, 'task').entries) {
      assert.equal(state, 'foreign', key);
      assert.equal(fileBytes, key === 'away' ? 1 : undefined);
      assert.equal(contentSha256 === undefined, key !== 'away');
    }
    assert.equal(scopeOf(shown, 'task').entries.length, 5);
  });

  it('shows a value that is a link as foreign, and does not read it', async () => {
    writeFileSync(cache.outside('secret'), 'secret');
    cache.put('task', 'a', 'x');
    rmSync(cache.path('task/a'));
    symlinkSync(cache.outside('secret'), cache.path('task/a'));
    const entry = entryOf(await snapshot({ verifyValues: true }), 'task', 'a');
    assert.deepEqual([entry.states, entry.fileBytes, entry.contentSha256], [['foreign'], undefined, undefined]);
  });

  it('leaves temporary files of ours out', async () => {
    cache.write('task/.context-cache-1b6f.tmp', 'half');
    assert.deepEqual(scopeOf(await snapshot(), 'task').entries, []);
  });

  it('keeps a scope that is a file, a link or not to be read from hiding the others', async () => {
    cache.put('task', 'a', 'x');
    cache.write('system', 'a file');
    mkdirSync(cache.outside('elsewhere'));
    writeFileSync(join(cache.outside('elsewhere'), 'secret'), 'secret');
    symlinkSync(cache.outside('elsewhere'), cache.path('artifacts'));
    const shown = await snapshot({ verifyValues: true });
    assert.match(scopeOf(shown, 'system').problem!, /not a folder/);
    assert.match(scopeOf(shown, 'artifacts').problem!, /link/);
    assert.deepEqual(scopeOf(shown, 'artifacts').entries, []);
    assert.equal(entryOf(shown, 'task', 'a').state, 'fresh');
    assert.equal(scopeOf(shown, 'project').index, 'absent');
    assert.deepEqual(
      shown.findings.map(({ id, scope }) => `${id} ${scope ?? ''}`),
      ['unreadable-index system', 'unreadable-index artifacts'],
    );
  });

  it('keeps an index that can not be read from hiding the others, and says what could be saved', async () => {
    for (const bytes of [
      Buffer.of(),
      Buffer.from('{"a": {'),
      Buffer.from('[]'),
      Buffer.from('\ufeff{}'),
      Buffer.from([0x22, 0xff, 0x22]),
    ]) {
      cache.write('task/_index.json', bytes);
      cache.write('task/a', 'x');
      cache.put('project', 'summary', 'x', { metadata: { source_fingerprint: 'known' } });
      const shown = await snapshot({ verifyValues: true });
      const task = scopeOf(shown, 'task');
      assert.equal(task.index, 'unreadable');
      assert.match(task.indexSha256!, /^[0-9a-f]{64}$/);
      assert.deepEqual(task.entries, []);
      assert.deepEqual(
        task.files?.map(({ name }) => name),
        ['a'],
      );
      assert.equal(shown.findings.length, 1);
      assert.match(shown.findings[0]!.message, /One entry could be rebuilt from the files: 'a'/);
      assert.equal(entryOf(shown, 'project', 'summary').state, 'fresh');
    }
  });

  it('takes an index that is a folder or may not be read for unreadable', async () => {
    mkdirSync(cache.path('task/_index.json'), { recursive: true });
    const shown = await snapshot();
    assert.equal(scopeOf(shown, 'task').index, 'unreadable');
    assert.equal(scopeOf(shown, 'task').indexSha256, undefined);
  });

  it('takes a value for missing that vanishes between the listing and the reading', async () => {
    cache.putAll('task', { gone: { content: 'x' }, here: { content: 'y' } });
    cache.write('task/orphan', 'z');
    const { tree } = cache;
    const racing: FileTree = {
      id: tree.id,
      label: tree.label,
      capabilities: tree.capabilities,
      scan: async (request, options) => {
        const result = await tree.scan(request, options);
        rmSync(cache.path('task/gone'), { force: true });
        rmSync(cache.path('task/orphan'), { force: true });
        return result;
      },
      read: async (path, options) => tree.read(path, options),
      commit: async (change, options) => tree.commit(change, options),
    };
    const shown = await readSnapshot(racing, { clock: goldenClock, verifyValues: true });
    assert.deepEqual(
      scopeOf(shown, 'task').entries.map(({ key, state }) => `${key} ${state}`),
      ['gone missing', 'here fresh'],
    );
  });

  it('verifies binary, empty and 50 MiB values', async () => {
    const big = 'x'.repeat(50 * 1024 * 1024 + 1);
    cache.putAll('artifacts', { empty: { content: '' }, big: { content: big } });
    const shown = await snapshot({ verifyValues: true });
    assert.deepEqual(
      scopeOf(shown, 'artifacts').entries.map(({ state }) => state),
      ['fresh', 'fresh'],
    );
    assert.equal(entryOf(shown, 'artifacts', 'big').fingerprint, soundEntry('artifacts', 'big', big)['fingerprint']);
  });

  it('rejects when the cache itself is gone or may not be read, and when it is cancelled', async () => {
    const abort = new AbortController();
    abort.abort();
    await failsWith(readSnapshot(cache.tree, { clock: goldenClock, signal: abort.signal }), 'cancelled');
    rmSync(cache.root, { recursive: true });
    await failsWith(snapshot(), 'not-found');
  });

  it('shows a scope that may not be read as that, to somebody who is not the superuser', async () => {
    cache.put('task', 'a', 'x');
    cache.put('project', 'b', 'x');
    chmodSync(cache.path('task'), 0o000);
    for (const path of [cache.outside('.'), cache.workspace]) {
      chmodSync(path, 0o755);
    }
    const user = process.geteuid?.();
    try {
      if (user === 0) {
        process.seteuid?.(65_534);
      }
      const shown = await snapshot();
      assert.match(scopeOf(shown, 'task').problem!, /may not be accessed/);
      assert.equal(entryOf(shown, 'project', 'b').state, 'fresh');
    } finally {
      process.seteuid?.(user ?? 0);
      chmodSync(cache.path('task'), 0o755);
    }
  });

  it('survives any damage to an index', async () => {
    const sound = readFileSync(join(goldenCaches, 'typical/.iris/kv-cache/project/_index.json'), 'utf8');
    const pieces = fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      ']',
      '"',
      'null',
      'NaN',
      '1e999',
      '\\u0000',
      '__proto__',
      '../',
      '\0',
      '\ufeff',
      'Z"',
      ',',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length), fc.nat(30), pieces), { minLength: 1, maxLength: 3 }),
        async (cuts) => {
          let text = sound;
          for (const [at, length, piece] of cuts) {
            text = text.slice(0, at) + piece + text.slice(at + length);
          }
          cache.write('project/_index.json', text);
          cache.write('project/summary', 'x');
          const shown = await snapshot({ verifyValues: true });
          const project = scopeOf(shown, 'project');
          if (project.index === 'valid') {
            assert.ok(project.entries.every(({ state, states }) => states[0] === state));
          } else {
            assert.ok(shown.findings.some(({ id }) => id === 'unreadable-index'));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps the failure of the whole tree apart from that of an item', async () => {
    const failing: FileTree = {
      id: 'test:',
      label: 'test',
      capabilities: cache.tree.capabilities,
      scan: async () => Promise.reject(new SourceError('unavailable', 'The link is down.', { nextStep: 'Try again.' })),
      read: async (path) => cache.tree.read(path),
      commit: async (change) => cache.tree.commit(change),
    };
    await failsWith(readSnapshot(failing, { clock: goldenClock }), 'unavailable');
  });
});
