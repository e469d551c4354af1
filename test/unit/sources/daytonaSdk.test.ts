import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SourceError } from '../../../src/core/errors';
import { DaytonaApi } from '../../../src/core/sources/daytonaApi';
import { DaytonaTree } from '../../../src/core/sources/daytonaTree';
import { daytonaExchanges, layOutRecordedSandbox } from '../../support/daytonaRecording';
import { DaytonaSdk, DaytonaSdkError } from '../../support/daytonaSdk';
import type { DaytonaRequest, DaytonaServer } from '../../support/daytonaServer';
import { daytonaKey, startDaytonaServer } from '../../support/daytonaServer';
import { clientEnvironment, refusedTargets } from '../../support/host/testClients';
import { filesBelow } from '../cache/writing';
import { asSdkCall, askedByExchange, askedByRequest, expectedAnswer, sdkAnswer } from './daytonaSdkCalls';
import type { DownloadedFile } from './daytonaSdkCalls';
import { failsWith, sha256 } from './fileTreeContract';

describe("Daytona's own SDK", function () {
  this.timeout(120_000);
  let server: DaytonaServer;
  let sdk: DaytonaSdk;
  let api: DaytonaApi;
  let base: string;
  let root: string;
  let tree: DaytonaTree;

  before(async function () {
    this.timeout(900_000); // The SDK may have to be installed.
    server = await startDaytonaServer();
    sdk = await DaytonaSdk.start(server.apiUrl);
    api = new DaytonaApi({ apiUrl: server.apiUrl, apiKey: daytonaKey });
  });

  after(async () => {
    await sdk.stop();
    await server.stop();
  });

  beforeEach(() => {
    server.states.clear();
    server.outcomes.clear();
    server.states.set('one', 'started');
    base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
    root = join(base, '.iris/kv-cache');
    tree = new DaytonaTree({ api, sandboxId: 'one', root });
    server.requests.length = 0;
    server.log.length = 0;
  });

  afterEach(() => {
    rmSync(base, { recursive: true });
    assert.deepEqual(sdk.refused, [], 'the SDK keeps to this machine');
  });

  it('could not leave this machine unnoticed', () => {
    const script = 'fetch("http://example.com/").catch(() => undefined)';
    const { status, stderr } = spawnSync(process.execPath, ['-e', script], { env: clientEnvironment(base) });
    assert.equal(status, 0, stderr.toString());
    assert.deepEqual(refusedTargets(base), ['example.com:80']);
  });

  it('makes of every recorded answer what was recorded', async () => {
    layOutRecordedSandbox(base);
    const without: string[] = [];
    for (const exchange of daytonaExchanges) {
      const call = asSdkCall(askedByExchange(exchange, base));
      if (call === undefined || exchange.name === 'bulk-download empty') {
        without.push(exchange.name);
        continue;
      }
      const answer = await settle(sdk.call(...call));
      assert.equal(sdkAnswer(answer, exchange, base), expectedAnswer(exchange, base), exchange.name);
    }
    // For no files at all it asks nobody, and it has no call for a route that there is not.
    assert.deepEqual(without, ['bulk-download empty', 'unknown route']);
  });

  it('lists the sandboxes that our client lists, of every page, one of unknown state among them', async () => {
    for (const id of ['two', 'three', 'four', 'five']) {
      server.states.set(id, 'stopped');
    }
    server.states.set('six', undefined);
    const theirs = await sdk.call<{ state?: string }[]>('list');
    assert.equal(theirs.length, 6);
    assert.deepEqual(
      theirs.map((sandbox) => ({ ...sandbox, state: sandbox.state ?? 'unknown' })),
      await api.listSandboxes(),
    );
  });

  it('knows no state of a sandbox of which our client does not know what to make', async () => {
    const known = (await sdk.call<[name: string, state: string][]>('knownStates'))
      .filter(([name]) => name !== 'UNKNOWN_DEFAULT_OPEN_API') // Stands for all that it does not know.
      .map(([, state]) => state);
    assert.deepEqual(known.toSorted(), Object.values(statesByCode).flat().toSorted());
    for (const [code, states] of Object.entries(statesByCode)) {
      for (const state of states) {
        server.states.set('one', state);
        const made = await settle(tree.scan({ folders: [''] }));
        assert.equal(made instanceof SourceError ? made.code : 'readable', code, state);
      }
    }
  });

  it('starts a sandbox that our client then reads; reading starts none for either', async () => {
    mkdirSync(root, { recursive: true });
    server.states.set('one', 'stopped');
    await failsWith(tree.scan({ folders: [''] }), 'asleep');
    await assert.rejects(sdk.call('listFiles', 'one', root), DaytonaSdkError);
    assert.equal(server.states.get('one'), 'stopped');
    const { state } = await sdk.call<{ state: string }>('start', 'one');
    assert.equal(state, 'started');
    assert.ok((await tree.scan({ folders: [''] })).folders.has(''));
  });

  it('gives up on a sandbox that fails to start, as our client does', async () => {
    for (const outcome of ['error', 'build_failed']) {
      server.outcomes.set('one', outcome);
      server.states.set('one', 'stopped');
      await assert.rejects(sdk.call('start', 'one'), DaytonaSdkError);
      server.states.set('one', 'stopped');
      await assert.rejects(tree.start({ pauseMs: 1 }), {
        code: 'unavailable',
        message: `one has failed (${outcome}).`,
      });
    }
  });

  it('asks an older server for the address of the toolbox, as our client does', async () => {
    writeFileSync(join(base, 'a'), 'content');
    const older = await startDaytonaServer({ namesToolbox: false });
    const olderSdk = await DaytonaSdk.start(older.apiUrl);
    try {
      older.states.set('one', 'started');
      const [file] = await olderSdk.call<DownloadedFile[]>('download', 'one', [join(base, 'a')]);
      assert.equal(decode(file), 'content');
      const theirs = older.requests.splice(0);
      const olderApi = new DaytonaApi({ apiUrl: older.apiUrl, apiKey: daytonaKey });
      const toolbox = await olderApi.toolbox(await olderApi.sandbox('one'));
      const [part] = await toolbox.bulkDownload([join(base, 'a')]);
      assert.equal(Buffer.from(part!.bytes).toString(), 'content');
      assert.deepEqual(older.requests, theirs);
      assert.ok(theirs.includes('GET /sandbox/one/toolbox-proxy-url'));
    } finally {
      await olderSdk.stop();
      await older.stop();
    }
  });

  it('sends every request that our client sends: method, path, query, key, kind and content', async () => {
    server.states.set('two', 'started').set('three', 'started');
    await api.listSandboxes();
    server.states.set('one', 'stopped');
    await tree.start({ pauseMs: 1 });
    await tree.commit({ writes: Object.entries(files).map(([path, bytes]) => ({ path, bytes })) });
    await tree.scan({ folders: ['', 'task'], files: Object.keys(files) });
    await tree.commit({ removes: ['task/empty'] });
    server.failNext(/bulk-upload/, 500);
    await failsWith(tree.commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] }), 'unavailable');

    const ours = server.log.splice(0);
    assert.deepEqual([...new Set(ours.map(({ method, route }) => `${method} ${route}`))].toSorted(), [
      'DELETE /files',
      'GET /sandbox',
      'GET /sandbox/one',
      'POST /files/bulk-download',
      'POST /files/bulk-upload',
      'POST /process/execute',
      'POST /sandbox/one/start',
    ]);
    for (const request of ours) {
      const call = asSdkCall(askedByRequest(request))!;
      server.log.length = 0;
      const answer = await settle(sdk.call(...call));
      assert.ok(!(answer instanceof Error) || answer instanceof DaytonaSdkError, String(answer));
      const theirs = server.log.map(essence);
      const wanted = essence(request);
      assert.deepEqual(theirs.find((one) => isDeepStrictEqual(one, wanted)) ?? theirs, wanted);
    }
  });

  it('reads byte for byte what our client wrote, and the other way round', async () => {
    const paths = Object.keys(files);
    await tree.commit({ writes: Object.entries(files).map(([path, bytes]) => ({ path, bytes })) });
    const theirs = await sdk.call<DownloadedFile[]>(
      'download',
      'one',
      paths.map((path) => join(root, path)),
    );
    for (const [index, path] of paths.entries()) {
      assert.equal(theirs[index]!.source, join(root, path));
      assert.ok(Buffer.from(theirs[index]!.base64!, 'base64').equals(files[path]!), path);
    }

    rmSync(root, { recursive: true });
    await sdk.call(
      'upload',
      'one',
      paths.map((path) => ({ destination: join(root, path), base64: files[path]!.toString('base64') })),
    );
    const ours = await tree.scan({ files: paths });
    for (const path of paths) {
      const content = ours.files.get(path);
      assert.ok(
        content instanceof Uint8Array && Buffer.from(content).equals(files[path]!),
        `${path} ${String(content)}`,
      );
    }
  });

  it('lists the names and sizes that our client lists, and each sees what the other deleted', async () => {
    await tree.commit({ writes: Object.entries(files).map(([path, bytes]) => ({ path, bytes })) });
    const theirs = await sdk.call<{ name: string; size: number }[]>('listFiles', 'one', join(root, 'task'));
    const ours = (await tree.scan({ folders: ['task'] })).folders.get('task');
    assert.ok(Array.isArray(ours));
    assert.deepEqual(
      ours.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`).toSorted(),
      theirs.map(({ name, size }) => `${name} ${size}`).toSorted(),
    );

    await sdk.call('delete', 'one', join(root, 'task/empty'));
    await failsWith(tree.read('task/empty'), 'not-found');
    await tree.commit({ removes: ['task/every byte'] });
    const [gone] = await sdk.call<DownloadedFile[]>('download', 'one', [join(root, 'task/every byte')]);
    assert.equal(gone?.statusCode, 404);
  });

  it('is not overwritten by our client when it was quicker', async () => {
    const first = Buffer.from('first');
    await tree.commit({ writes: [{ path: 'task/a', bytes: first }] });
    const theirs = { destination: join(root, 'task/a'), base64: Buffer.from('theirs').toString('base64') };
    await sdk.call('upload', 'one', [theirs]);
    await failsWith(
      tree.commit({
        expect: [{ path: 'task/a', sha256: sha256(first) }],
        writes: [{ path: 'task/a', bytes: Buffer.from('ours') }],
      }),
      'conflict',
    );
    assert.equal(readFileSync(join(root, 'task/a'), 'utf8'), 'theirs');
    assert.deepEqual(Object.keys(filesBelow(root)), ['task/a']);
  });
});

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Contents and names that a careless reader or writer would change. */
const files: Readonly<Record<string, Buffer>> = {
  'task/every byte': everyByte,
  'task/empty': Buffer.alloc(0),
  'task/line ends': Buffer.from('\r\none\ntwo\r\rthree\r\n\r\n'),
  // Not at the beginning of a line: there the SDK, which looks for the boundary, takes it for one; ours counts bytes.
  'task/boundary': Buffer.from('x--DAYTONA-FILE-BOUNDARY\r\n-DAYTONA-FILE-BOUNDARY--\r\n'),
  'task/naïve “日本” 🧪': Buffer.from('naïve “日本” 🧪'),
  'task/a "quoted" 100%; name=x': Buffer.from('x'),
  'artifacts/large': Buffer.concat(Array.from({ length: 12_000 }, () => everyByte)),
};

/** Every state that a sandbox can have, by what our client makes of it. */
const statesByCode: Readonly<Record<string, readonly string[]>> = {
  readable: ['started'],
  asleep: ['stopped', 'stopping', 'archived', 'archiving', 'paused', 'pausing'],
  'not-found': ['destroyed', 'destroying'],
  unavailable: [
    ...['creating', 'restoring', 'starting', 'resuming', 'resizing', 'snapshotting', 'forking'],
    ...['pending_build', 'building_snapshot', 'pulling_snapshot', 'error', 'build_failed', 'unknown'],
  ],
};

/** The value, or the error. */
async function settle(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => error);
}

function decode(file: DownloadedFile | undefined): string {
  return Buffer.from(file?.base64 ?? '', 'base64').toString();
}

/** A request without what two clients may do differently: the boundary of a form, and the names of its files. */
function essence(request: DaytonaRequest): unknown {
  const { authorization, contentType, body } = request;
  return {
    ...askedByRequest(request),
    authorization,
    kind: body.length === 0 ? undefined : contentType?.split(';')[0],
  };
}
