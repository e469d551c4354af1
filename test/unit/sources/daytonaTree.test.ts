import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { describeError, SourceError } from '../../../src/core/errors';
import { DaytonaApi } from '../../../src/core/sources/daytonaApi';
import { DaytonaTree } from '../../../src/core/sources/daytonaTree';
import { parseMultipart } from '../../../src/core/sources/multipart';
import type { DaytonaServer } from '../../support/daytonaServer';
import { daytonaKey, startDaytonaServer } from '../../support/daytonaServer';
import {
  comparableAnswer,
  daytonaExchanges,
  layOutRecordedSandbox,
  recordedBody,
} from '../../support/daytonaRecording';
import { goldenCaches, goldenClock, goldenTree } from '../cache/temporaryCache';
import { recordedUpload } from './daytonaSdkCalls';
import { describeFileTree, failsWith } from './fileTreeContract';

function temporaryFolder(): { root: string; base: string } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
  const root = join(base, '.iris/kv-cache');
  mkdirSync(root, { recursive: true });
  return { root, base };
}

describe('Daytona', () => {
  let server: DaytonaServer;
  let api: DaytonaApi;

  before(async () => {
    server = await startDaytonaServer();
    api = new DaytonaApi({ apiUrl: server.apiUrl, apiKey: daytonaKey });
  });

  after(async () => {
    await server.stop();
  });

  beforeEach(() => {
    server.states.clear();
    server.states.set('one', 'started');
    server.requests.length = 0;
  });

  function connect(root: string): DaytonaTree {
    return new DaytonaTree({ api, sandboxId: 'one', root });
  }

  describeFileTree('a folder of a Daytona sandbox', async () => {
    const { root, base } = temporaryFolder();
    return Promise.resolve({
      tree: connect(root),
      root,
      dispose: async () => {
        rmSync(base, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  });

  it('reads the golden tree as a local folder does', async () => {
    const options = { clock: goldenClock, verifyValues: true };
    const far = await readSnapshot(connect(join(goldenCaches, 'typical/.iris/kv-cache')), options);
    const near = await readSnapshot(goldenTree('typical'), options);
    assert.deepEqual(far.findings, near.findings);
    for (const [index, scope] of far.scopes.entries()) {
      const state = ({ key, states, contentSha256 }: (typeof scope.entries)[number]) => ({
        key,
        states,
        contentSha256,
      });
      assert.deepEqual(scope.entries.map(state), near.scopes[index]!.entries.map(state));
    }
  });

  it('takes three requests for a scan, whatever the number of files', async () => {
    const { root, base } = temporaryFolder();
    mkdirSync(join(root, 'task'));
    const files = Array.from({ length: 300 }, (_, index) => `task/${index}`);
    for (const file of files) {
      writeFileSync(join(root, file), file);
    }
    await connect(root).scan({ folders: ['', 'task'], files });
    assert.deepEqual(server.requests, ['GET /sandbox/one', 'POST /process/execute', 'POST /files/bulk-download']);
    server.requests.length = 0;
    await connect(root).scan({ folders: ['', 'task'] });
    assert.deepEqual(server.requests, ['GET /sandbox/one', 'POST /process/execute']);
    rmSync(base, { recursive: true });
  });

  it('splits a request that would not fit into one command line', async () => {
    const { root, base } = temporaryFolder();
    mkdirSync(join(root, 'task'));
    const files = Array.from({ length: 900 }, (_, index) => `task/${String(index).padStart(3, '0')}${'é'.repeat(120)}`);
    for (const file of files) {
      writeFileSync(join(root, file), file);
    }
    const scan = await connect(root).scan({ folders: ['task'], files });
    assert.ok(files.every((file) => Buffer.from(scan.files.get(file) as Uint8Array).toString() === file));
    const listing = scan.folders.get('task');
    assert.ok(Array.isArray(listing) && listing.length === 900);
    rmSync(base, { recursive: true });
  });

  it('shows a sandbox that sleeps, and never wakes it by looking', async () => {
    const { root, base } = temporaryFolder();
    const tree = connect(root);
    for (const [state, code] of [
      ['stopped', 'asleep'],
      ['archived', 'asleep'],
      ['starting', 'unavailable'],
      ['error', 'unavailable'],
      ['destroyed', 'not-found'],
    ] as const) {
      server.states.set('one', state);
      assert.equal(await tree.state(), state);
      server.states.set('one', state);
      await failsWith(tree.scan({ folders: [''] }), code);
      server.states.set('one', state);
      await failsWith(tree.commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] }), code);
    }
    assert.ok(
      server.requests.every((request) => request === 'GET /sandbox/one'),
      'only the control plane was asked',
    );
    rmSync(base, { recursive: true });
  });

  it('starts a sandbox when it is asked to', async () => {
    const { root, base } = temporaryFolder();
    server.states.set('one', 'stopped');
    const tree = connect(root);
    await tree.start({ pauseMs: 1 });
    assert.ok((await tree.scan({ folders: [''] })).folders.has(''));
    const starts = server.requests.filter((request) => request === 'POST /sandbox/one/start');
    await tree.start();
    assert.equal(starts.length, 1);
    assert.equal(server.requests.filter((request) => request === 'POST /sandbox/one/start').length, 1);
    rmSync(base, { recursive: true });
  });

  it('lists sandboxes of every page', async () => {
    for (const id of ['two', 'three', 'four', 'five']) {
      server.states.set(id, 'stopped');
    }
    const sandboxes = await api.listSandboxes();
    assert.deepEqual(sandboxes.map(({ id, name, state }) => [id, name, state])[1], ['two', 'name of two', 'stopped']);
    assert.equal(sandboxes.length, 5);
  });

  it('explains every status, and keeps the key out of it', async () => {
    const { root, base } = temporaryFolder();
    const tree = connect(root);
    for (const [status, code] of [
      [401, 'auth'],
      [403, 'forbidden'],
      [404, 'not-found'],
      [408, 'timeout'],
      [413, 'too-large'],
      [500, 'unavailable'],
      [502, 'unavailable'],
      [400, 'protocol'],
    ] as const) {
      server.failNext(/execute/, status);
      await failsWith(tree.scan({ folders: [''] }), code);
    }
    server.failNext(/execute/, 429, { 'retry-after': '7' });
    await assert.rejects(
      tree.scan({ folders: [''] }),
      (error) => error instanceof SourceError && error.retryAfterMs === 7000,
    );
    const wrong = new DaytonaApi({ apiUrl: server.apiUrl, apiKey: 'secret-key' });
    await assert.rejects(wrong.listSandboxes(), (error) => {
      assert.ok(error instanceof SourceError && error.code === 'auth');
      assert.doesNotMatch(describeError(error) + JSON.stringify(error) + String(error.stack), /secret-key/);
      return true;
    });
    rmSync(base, { recursive: true });
  });

  it('sends the key to no place that is not encrypted, and follows no redirect', async () => {
    for (const apiUrl of ['http://example.com/api', 'ftp://example.com', 'nonsense']) {
      assert.throws(() => new DaytonaApi({ apiUrl, apiKey: daytonaKey }), SourceError);
    }
    assert.throws(() => new DaytonaApi({ apiUrl: server.apiUrl, apiKey: '' }), SourceError);
    await assert.rejects(
      api.toolbox({ id: 'x', name: 'x', state: 'started', toolboxProxyUrl: 'http://example.com' }),
      SourceError,
    );
    server.failNext(/sandbox/, 302, { location: 'https://example.com/' });
    await failsWith(api.sandbox('one'), 'unavailable');
    await failsWith(new DaytonaApi({ apiUrl: 'http://127.0.0.1:1', apiKey: daytonaKey }).sandbox('one'), 'unavailable');
  });

  it('removes what it uploaded when the upload fails, and when the sandbox stops in between', async () => {
    const { root, base } = temporaryFolder();
    const tree = connect(root);
    server.failNext(/bulk-upload/, 500);
    await failsWith(tree.commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] }), 'unavailable');
    assert.deepEqual(readdirSync(root), []);
    server.failNext(/execute/, 500);
    await failsWith(tree.commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] }), 'unavailable');
    assert.ok(!existsSync(join(root, 'a')));
    assert.ok(readdirSync(root).every((name) => name.startsWith('.context-cache-')));
    rmSync(base, { recursive: true });
  });

  it('creates its root with the first write, not before', async () => {
    const { base } = temporaryFolder();
    const root = join(base, 'new/kv-cache');
    const tree = connect(root);
    await failsWith(tree.commit({ removes: ['a'] }), 'not-found');
    assert.ok(!existsSync(root));
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(root), ['task']);
    rmSync(base, { recursive: true });
  });
});

describe('the Daytona of the tests', () => {
  let server: DaytonaServer;
  let base: string;

  before(async () => {
    server = await startDaytonaServer();
    server.states.set('one', 'started');
    base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
    layOutRecordedSandbox(base);
  });

  after(async () => {
    await server.stop();
    rmSync(base, { recursive: true });
  });

  for (const exchange of daytonaExchanges) {
    it(`answers '${exchange.name}' as the real one did`, async () => {
      const route = exchange.path.replaceAll('%2Fworkspace', encodeURIComponent(base));
      let body: string | FormData | undefined = exchange.requestBody?.replaceAll('/workspace', base);
      if (body === '(multipart)') {
        const form = new FormData();
        for (const [index, { destination, base64 }] of recordedUpload(base).entries()) {
          form.append(`files[${index}].path`, destination);
          form.append(`files[${index}].file`, new Blob([Buffer.from(base64, 'base64')]), 'a');
        }
        body = form;
      }
      const response = await fetch(`${server.apiUrl.replace('/api', '/toolbox/one')}${route}`, {
        method: exchange.method,
        headers: { authorization: `Bearer ${daytonaKey}` },
        ...(body === undefined ? {} : { body }),
      });
      const received = Buffer.from(await response.arrayBuffer());
      assert.equal(response.status, exchange.status);
      assert.equal(response.headers.get('content-type'), exchange.contentType);
      assert.equal(response.headers.get('content-disposition'), exchange.disposition ?? null);
      assert.equal(
        comparableAnswer(received.toString('latin1'), base),
        comparableAnswer(recordedBody(exchange).toString('latin1'), base),
      );
    });
  }
});

describe('a multipart answer', () => {
  const recorded = daytonaExchanges.find(({ name }) => name === 'bulk-download')!;
  const body = Buffer.from(recorded.bodyBase64!, 'base64');

  it('gives the parts of the recorded one', () => {
    const parts = parseMultipart(body, recorded.contentType!);
    assert.deepEqual(
      parts.map(({ name, filename }) => `${name} ${filename ?? ''}`),
      [
        'file /workspace/.iris/kv-cache/project/summary',
        'file /workspace/.iris/kv-cache/task/bytes',
        'error /workspace/.iris/kv-cache/nope',
        'error /workspace/.iris/kv-cache',
      ],
    );
    assert.deepEqual([...parts[1]!.bytes], [0, 255, 1]);
  });

  it('takes no content for a boundary', () => {
    const content = '\r\n--B--\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nevil';
    const text = `--B\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\""\r\nContent-Length: ${content.length}\r\n\r\n${content}\r\n--B--\r\n`;
    const [part, ...others] = parseMultipart(Buffer.from(text), 'multipart/form-data; boundary=B');
    assert.equal(others.length, 0);
    assert.equal(part?.filename, 'a "b"');
    assert.equal(Buffer.from(part.bytes).toString(), content);
  });

  it('refuses every beginning of a body as broken', () => {
    for (let length = 0; length < body.length - 4; length += 1) {
      assert.throws(() => parseMultipart(body.subarray(0, length), recorded.contentType!), SourceError, String(length));
    }
    assert.throws(() => parseMultipart(body, 'text/html'), SourceError);
  });
});
