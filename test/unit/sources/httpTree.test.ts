import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fingerprintOf, unknownFingerprint } from '../../../src/core/cache/fingerprint';
import { planInvalidate, planPrune } from '../../../src/core/cache/plans/invalidate';
import { planTags } from '../../../src/core/cache/plans/editEntries';
import { entriesOf, findEntry } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import { planSeed } from '../../../src/core/cache/plans/seed';
import { planUndo } from '../../../src/core/cache/plans/undo';
import { readLibrary } from '../../../src/core/cache/library';
import { applyPlan } from '../../../src/core/cache/apply';
import type { CachePlan } from '../../../src/core/cache/changes';
import type { PlanSource } from '../../../src/core/cache/plans/planBuilder';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { SourceError } from '../../../src/core/errors';
import { nodeInstructionFiles } from '../../../src/core/instructions/nodeFiles';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { refreshMirror } from '../../../src/core/mirror/refresh';
import { systemClock } from '../../../src/core/ports';
import { HttpTree } from '../../../src/core/sources/httpTree';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import type { OriginalApi } from '../../support/originalApi';
import { MemoryHistory } from '../cache/memoryTree';
import { soundEntry, TemporaryCache } from '../cache/temporaryCache';
import { drawResults, filesBelow } from '../cache/writing';
import { describeFileTree, failsWith, sha256 } from './fileTreeContract';

const fixtures = join(__dirname, '..', '..', 'fixtures', 'golden');
const library = join(__dirname, '..', '..', '..', 'instructions');

interface Exchange {
  readonly case: string;
  readonly request: string;
  readonly json: unknown;
  readonly status: number;
  readonly body: string | { readonly detail?: unknown };
}

describe('the HTTP API of the original', () => {
  let cache: TemporaryCache;
  let api: OriginalApi;
  let tree: HttpTree;
  let history: MemoryHistory;

  beforeEach(async () => {
    cache = new TemporaryCache();
    api = await startOriginalApi(cache.root);
    tree = connect(api.url);
    history = new MemoryHistory();
  });

  afterEach(async () => {
    await api.stop();
    cache.dispose();
  });

  const put = (...args: PutArguments): void => {
    putInto(cache, ...args);
  };

  async function sourceOf(place = tree): Promise<PlanSource> {
    return { tree: place, snapshot: await readSnapshot(place, { clock: systemClock }) };
  }

  async function apply(plan: CachePlan, place = tree) {
    return applyPlan(plan, { tree: place, history, clock: systemClock, delay: async () => Promise.resolve() });
  }

  describeFileTree(
    'a cache behind the HTTP API',
    async () => {
      const own = new TemporaryCache();
      const server = await startOriginalApi(own.root);
      const under = connect(server.url);
      await under.scan({ folders: [''] }); // The first look makes the original create its folders.
      return {
        tree: under,
        root: own.root,
        put: (path, content) => {
          const [scope = '', name = ''] = path.split('/');
          if (name === '_index.json') {
            own.write(path, content);
          } else {
            putInto(own, scope, name, content);
          }
        },
        dispose: async () => {
          await server.stop();
          own.dispose();
        },
      };
    },
    { entries: true },
  );

  it('is imitated in these tests as it was recorded', async () => {
    const seeding = await startOriginalApi(cache.outside('recorded/kv-cache'), library);
    try {
      const recorded = JSON.parse(readFileSync(join(fixtures, 'vectors', 'rest-api.json'), 'utf8')) as Exchange[];
      for (const exchange of recorded) {
        seeding.access = exchange.case.startsWith('403')
          ? 'forbidden'
          : exchange.case.startsWith('404')
            ? 'unowned'
            : 'granted';
        if (exchange.case === 'get binary') {
          mkdirSync(cache.outside('recorded/kv-cache/task'), { recursive: true });
          await send(seeding, 'POST /api/sandboxes/{sandbox_id}/kv-cache/value', {
            scope: 'task',
            key: 'bin',
            value: 'x',
          });
          writeFileSync(cache.outside('recorded/kv-cache/task/bin'), Buffer.from([0xff, 0x00]));
        }
        const { status, body } = await send(
          seeding,
          exchange.request,
          exchange.json,
          exchange.status === 401 ? '' : originalKey,
        );
        assert.equal(status, exchange.status, `${exchange.case}: ${JSON.stringify(body)}`);
        const details = [body, exchange.body].map((each) => (typeof each === 'string' ? each : each.detail));
        if (Array.isArray(details[1])) {
          const places = details.map((detail) => (detail as { loc: unknown }[]).map(({ loc }) => loc));
          assert.deepEqual(places[0], places[1], exchange.case);
        } else {
          assert.deepEqual(details[0], details[1], exchange.case);
        }
        assert.deepEqual(namesIn(body), namesIn(exchange.body), exchange.case);
      }
    } finally {
      await seeding.stop();
    }
  });

  for (const keyHeader of ['authorization', 'x-api-key'] as const) {
    it(`is read as the folder behind it, with the key as ${keyHeader}`, async () => {
      put('task', 'a', 'one');
      put('task', 'été', 'zwölf\n', { metadata: { half: 0.5, whole: 2.0 } });
      put('project', 'cfg', '{\n  "x": [\n    1,\n    "\\u00e9"\n  ]\n}', { content_type: 'application/json' });
      put('artifacts', 'kept', '', { updated_at: '2025-11-12T09:00:00.000002', tags: ['t'] });
      const remote = connect(api.url, keyHeader);
      const options = { clock: systemClock, verifyValues: true };
      const [near, far] = [await readSnapshot(cache.tree, options), await readSnapshot(remote, options)];
      const facts = ({ entries, usedBytes }: (typeof near.scopes)[number]) => ({
        usedBytes,
        entries: entries
          .map(({ record: _, fileModifiedMs: __, ...entry }) => entry)
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      });
      assert.deepEqual(far.scopes.map(facts), near.scopes.map(facts));
      assert.deepEqual(far.findings, []);
    });
  }

  it('reads the live values of the golden tree, to the byte', async () => {
    const golden = new TemporaryCache('typical');
    const server = await startOriginalApi(golden.root);
    try {
      for (const scope of readdirSync(golden.root).filter((name) => !name.startsWith('.'))) {
        const path = golden.path(scope, '_index.json');
        const text = readFileSync(path, 'utf8').replace(/"expires_at": "20\d\d/g, '"expires_at": "2035');
        writeFileSync(path, text);
      }
      const before = filesBelow(golden.root);
      const remote = connect(server.url);
      const snapshot = await readSnapshot(remote, { clock: systemClock, verifyValues: true });
      const entries = entriesOf(snapshot);
      assert.ok(entries.length > 30, String(entries.length));
      const unread = entries.filter((entry) => entry.contentSha256 === undefined).map((entry) => entry.key);
      assert.deepEqual(unread.sort(), ['analysis_result__1', 'binary.bin'], 'no file, and no text');
      for (const entry of entries.filter(({ contentSha256 }) => contentSha256 !== undefined)) {
        const bytes = readFileSync(golden.path(entry.scope, entry.key));
        assert.equal(entry.contentSha256, sha256(bytes), entry.key);
      }
      assert.deepEqual(filesBelow(golden.root), before);
    } finally {
      await server.stop();
      golden.dispose();
    }
  });

  it('never asks for what has expired, which would delete it', async () => {
    put('task', 'over', 'old', { expires_at: '2025-01-01T00:00:00.000001' });
    put('task', 'nearly', 'old', { expires_at: new Date(Date.now() + 30_000).toISOString().replace('Z', '000') });
    put('task', 'live', 'new');
    await tree.scan({ folders: [''] });
    const before = filesBelow(cache.root);
    const snapshot = await readSnapshot(tree, { clock: systemClock, verifyValues: true });
    for (const path of ['task/over', 'task/nearly']) {
      await failsWith(tree.read(path), 'unsupported');
      assert.equal(findEntry(snapshot, 'task', path.slice(5))?.fingerprint, unknownFingerprint);
    }
    assert.ok(findEntry(snapshot, 'task', 'over')?.states.includes('expired'));
    assert.deepEqual(filesBelow(cache.root), before);
    assert.equal(api.requests.filter((name) => name === 'GET /value').length, 2, api.requests.join(', '));
  });

  it('keeps a mirror of it that needs the lists of keys alone when nothing has changed', async () => {
    put('task', 'a', 'one');
    put('task', 'b', 'two');
    const store = new VersionStore(cache.outside('data'));
    const mirror = new MirrorStore(cache.outside('mirror'), store);
    const options = { clock: systemClock };
    assert.deepEqual((await refreshMirror(tree, mirror, store, options)).changed, ['task/a', 'task/b']);
    api.requests.length = 0;
    assert.deepEqual((await refreshMirror(tree, mirror, store, options)).changed, []);
    assert.deepEqual([...new Set(api.requests)], ['GET /keys']);
    assert.equal(api.requests.length, 5);
    put('task', 'a', 'three', { created_at: '2025-11-12T09:00:00.000009' });
    const refreshed = await refreshMirror(tree, mirror, store, options);
    assert.deepEqual([refreshed.changed, refreshed.vanished], [['task/a'], []]);
  });

  it('is put into, replaced, deleted and taken back', async () => {
    put('task', 'a', 'one');
    const request = { scope: 'task', originalKey: 'a', bytes: Buffer.from('two €'), ttlHours: 5 } as const;
    const replaced = await apply(planPut(await sourceOf(), request));
    assert.deepEqual(drawResults(replaced), ['done task/a']);
    assert.equal(readFileSync(cache.path('task/a'), 'utf8'), 'two €');
    const created = await apply(planPut(await sourceOf(), { ...request, originalKey: 'x/y', scope: 'project' }));
    assert.deepEqual(drawResults(created), ['done project/x_y']);
    const undone = await apply(await planUndo(await sourceOf(), replaced.operationId!, history));
    assert.deepEqual(drawResults(undone), ['done task/a']);
    assert.equal(readFileSync(cache.path('task/a'), 'utf8'), 'one');
    const gone = await apply(planInvalidate(await sourceOf(), { entries: [{ scope: 'project', key: 'x_y' }] }));
    assert.deepEqual(drawResults(gone), ['done project/x_y']);
    assert.ok(!existsSync(cache.path('project/x_y')));
    const back = await apply(await planUndo(await sourceOf(), gone.operationId!, history));
    assert.deepEqual(drawResults(back), ['done project/x_y']);
    assert.equal(findEntry((await sourceOf()).snapshot, 'project', 'x_y')?.originalKey, 'x/y');
  });

  it('is seeded, and says what the API decides by itself', async () => {
    const { instructions } = await readLibrary(nodeInstructionFiles(library));
    const report = await apply(await planSeed(await sourceOf(), instructions, history));
    assert.equal(report.results.length, 5);
    for (const { outcome, message } of report.results) {
      assert.equal(outcome, 'done');
      assert.match(message ?? '', /^The API has its own content_type(, tags)? for it\.$/);
    }
    const { snapshot } = await sourceOf();
    const states = entriesOf(snapshot).map(({ key, fingerprint }) => [key, fingerprint]);
    assert.deepEqual(
      states.sort(),
      instructions.map(({ tag, fingerprint }) => [`instruction_${tag}`, fingerprint]).sort(),
    );
    const again = await planSeed(await sourceOf(), instructions, history);
    assert.deepEqual([...new Set(again.effects.map(({ action }) => action))], ['unchanged']);
  });

  it('prunes what has expired although nobody hands it out any more', async () => {
    put('task', 'over', 'old', { expires_at: '2025-01-01T00:00:00.000001' });
    put('task', 'live', 'new');
    const report = await apply(planPrune(await sourceOf(), {}));
    assert.deepEqual(drawResults(report), ['done task/over: Its expired value could not be kept.']);
    assert.deepEqual(readdirSync(cache.path('task')).sort(), ['_index.json', 'live']);
  });

  it('refuses what the API can not do, and does the rest', async () => {
    put('task', 'a', 'one');
    put('task', 'bin', Uint8Array.of(0xff, 0));
    const source = await sourceOf();
    const tags = await apply(planTags(source, [findEntry(source.snapshot, 'task', 'a')!], { add: ['x'] }));
    assert.match(drawResults(tags)[0]!, /^failed task\/a: .*can't change one in place/);
    const bytes = await apply(planPut(source, { scope: 'task', originalKey: 'b', bytes: Uint8Array.of(0xff) }));
    assert.match(drawResults(bytes)[0]!, /^failed task\/b: .*bytes that are not text/);
    const half = await apply(
      planPut(source, { scope: 'task', originalKey: 'b', bytes: Buffer.from('x'), ttlHours: 0.5 }),
    );
    assert.match(drawResults(half)[0]!, /^failed task\/b: .*whole hours/);
    const removed = await apply(planInvalidate(source, { scope: 'task' }));
    assert.deepEqual(drawResults(removed).sort(), [
      'done task/a',
      'failed task/bin: The cache API can not hand out this value; it may hold bytes, not text. Read it in the sandbox itself.',
    ]);
    await failsWith(tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] }), 'unsupported');
  });

  it('notices a writer that stores without listing, and an answer that was lost after the work was done', async () => {
    api.ttlOverride = 0;
    const request = { scope: 'task', originalKey: 'a', bytes: Buffer.from('one') } as const;
    const unlisted = await apply(planPut(await sourceOf(), request));
    assert.match(drawResults(unlisted)[0]!, /^failed task\/a: .*says that it stored task\/a, and does not list it/);
    api.ttlOverride = undefined;
    api.answerNext(/POST/, 503, '{"detail": "starting"}');
    const refused = await apply(planPut(await sourceOf(), request));
    assert.match(drawResults(refused)[0]!, /^failed task\/a: The cache API answered 503: starting/);
    assert.deepEqual(drawResults(await apply(planPut(await sourceOf(), request))), ['done task/a']);
  });

  const refusals: readonly [name: string, prepare: () => void, code: SourceError['code'], words: RegExp][] = [
    [
      'an API that was never mounted',
      () => (api.mounted = false),
      'unsupported',
      /There is no cache API at .*Not Found/,
    ],
    ['a sandbox of somebody else', () => (api.access = 'forbidden'), 'forbidden', /answered 403: Not authorized/],
    ['a sandbox that nobody owns', () => (api.access = 'unowned'), 'unsupported', /There is no cache API/],
    [
      'an error of the server',
      () => {
        api.answerNext(/keys/, 500, '{"detail": "boom"}');
      },
      'unavailable',
      /500: boom/,
    ],
    [
      'an answer that is no JSON',
      () => {
        api.answerNext(/keys/, 200, '<html>');
      },
      'protocol',
      /not a JSON object/,
    ],
    [
      'an answer without keys',
      () => {
        api.answerNext(/keys/, 200, '{}');
      },
      'protocol',
      /not a list of keys/,
    ],
    [
      'keys that are none',
      () => {
        api.answerNext(/keys/, 200, '{"keys": [{"key": 1}]}');
      },
      'protocol',
      /is none/,
    ],
    [
      'a key that leads elsewhere',
      () => {
        api.answerNext(/keys/, 200, '{"keys": [{"key": "x", "sanitized_key": "../x", "size_bytes": 1}]}');
      },
      'protocol',
      /no name of a value/,
    ],
    [
      'too many requests',
      () => {
        api.answerNext(/keys/, 429, '{}');
      },
      'rate-limited',
      /429/,
    ],
  ];
  for (const [name, prepare, code, words] of refusals) {
    it(`says what is wrong with ${name}`, async () => {
      prepare();
      await assert.rejects(tree.scan({ folders: ['task'] }), (error) => {
        assert.ok(error instanceof SourceError);
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        assert.notEqual(error.nextStep, '');
        return true;
      });
    });
  }

  it('sends the key nowhere else, and tells it to nobody', async () => {
    await failsWith(connect(api.url, 'authorization', 'wrong').scan({ folders: [''] }), 'auth');
    await failsWith(connect(api.url, 'authorization', '').scan({ folders: [''] }), 'auth');
    assert.throws(() => connect('http://example.com/api/sandboxes/x/kv-cache'), /not encrypted/);
    const seen: string[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.end('{"keys": []}');
    });
    const redirecting = createServer((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/` }).end();
    });
    try {
      for (const server of [elsewhere, redirecting]) {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      }
      const { port } = redirecting.address() as AddressInfo;
      await assert.rejects(connect(`http://127.0.0.1:${port}/kv-cache`).scan({ folders: [''] }), (error) => {
        assert.ok(error instanceof SourceError && error.code === 'unavailable');
        assert.doesNotMatch(`${error.message} ${error.nextStep} ${error.stack ?? ''}`, new RegExp(originalKey));
        return true;
      });
      assert.deepEqual(seen, []);
    } finally {
      elsewhere.close();
      redirecting.close();
    }
  });
});

type PutArguments = [scope: string, key: string, content: string | Uint8Array, changes?: Record<string, unknown>];

/** Puts a value with a sound entry that lives until 2035, as a writer of its own would. */
function putInto(cache: TemporaryCache, ...[scope, key, content, changes]: PutArguments): void {
  const path = cache.path(scope, '_index.json');
  mkdirSync(dirname(path), { recursive: true });
  const index = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as Record<string, unknown>;
  const bytes = Buffer.from(content);
  const facts = { size_bytes: bytes.byteLength, fingerprint: fingerprintOf(bytes) };
  index[key] = { ...soundEntry(scope, key, ''), ...facts, expires_at: '2035-01-01T00:00:00.000001', ...changes };
  writeFileSync(cache.path(scope, key), bytes);
  writeFileSync(path, JSON.stringify(index, null, 2));
}

function connect(url: string, keyHeader: 'authorization' | 'x-api-key' = 'authorization', key = originalKey): HttpTree {
  return new HttpTree({ url, keyHeader, key: async () => Promise.resolve(key), timeoutMs: 20_000 });
}

async function send(api: OriginalApi, line: string, json?: unknown, key = originalKey) {
  const [method = '', ...rest] = line.split(' ');
  const path = rest.join(' ').replace('{sandbox_id}', 'sbx-local');
  const response = await fetch(`${new URL(api.url).origin}${encodeURI(path)}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(json === undefined || json === null ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text.startsWith('{') ? JSON.parse(text) : text) as Exchange['body'] };
}

function namesIn(body: Exchange['body']): readonly string[] {
  return typeof body === 'string' ? [] : Object.keys(body);
}
