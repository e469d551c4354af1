import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { isSourceError } from '../../../src/core/errors';
import type { FileTree } from '../../../src/core/fileTree';
import { CommandTree } from '../../../src/core/sources/commandTree';
import { DaytonaApi } from '../../../src/core/sources/daytonaApi';
import { DaytonaTree } from '../../../src/core/sources/daytonaTree';
import { HttpTree } from '../../../src/core/sources/httpTree';
import { SshTree } from '../../../src/core/sources/sshTree';
import { daytonaKey, startDaytonaServer } from '../../support/daytonaServer';
import { figuresWanted } from '../../support/figures';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import { startSshServer } from '../../support/sshServer';
import { FaultyCache } from './faultyCache';
import { garblings, writeGarbler } from './garbler';
import type { Garbling } from './garbler';

const mebibyte = 1024 * 1024;

describe('a far end that sends garbage', function () {
  this.timeout(600_000);
  let faulty: FaultyCache;

  beforeEach(async () => {
    faulty = new FaultyCache();
    await faulty.prepare('kept', 'as it was');
    await faulty.prepare('other', 'a value of some length '.repeat(60));
  });

  afterEach(() => {
    faulty.dispose();
  });

  /** What is known of a source: its mirror, and the latest version of each key. */
  async function everything(tree: FileTree): Promise<unknown> {
    const { folders, files } = (await faulty.mirror.load(tree.id))!;
    return { folders: [...folders], files: [...files], versions: await versions(tree) };
  }

  async function versions(tree: FileTree): Promise<unknown> {
    return (await faulty.history.latest(tree.id)).map(({ id, content }) => [id, content]);
  }

  /** Looks, and changes something, through a far end whose answers must be refused, or leave what is known as it is. */
  async function mustRefuse(tree: FileTree, what: string, known = everything): Promise<void> {
    const before = await known(tree);
    const memory = process.memoryUsage().rss;
    for (const work of [async () => faulty.refresh(tree), async () => faulty.put(tree, 'garbage', 'never written')]) {
      try {
        await work();
      } catch (error) {
        assert.ok(isSourceError(error), `${what}: ${String(error)}`);
        assert.notEqual(error.nextStep, '');
        faulty.noteFailure('garbage');
      }
    }
    assert.deepEqual(await known(tree), before, what);
    assert.ok(process.memoryUsage().rss - memory < 600 * mebibyte, `${what} took too much memory`);
    await faulty.checkMirror(tree);
    await faulty.check();
  }

  /** Through a far end whose answers may be what they seem: whatever comes of it, it is an answer or an error. */
  async function mayRefuse(tree: FileTree, what: string): Promise<void> {
    try {
      await tree.scan({ folders: ['', 'task'], files: ['task/_index.json', 'task/kept'] });
    } catch (error) {
      assert.ok(isSourceError(error), `${what}: ${String(error)}`);
      faulty.noteFailure('garbage');
    }
    await faulty.check();
  }

  /** The same for every way that leads to a shell. */
  async function throughShell(
    connect: (garbling: Garbling, seed: number) => FileTree,
    chosen: readonly Garbling[],
    flips: number,
  ): Promise<void> {
    const noisy = connect('greeting', 1);
    // Noise of a login before the answer, and after it, is no garbage.
    await faulty.refresh(noisy);
    assert.equal(await faulty.put(noisy, 'kept', 'written through a greeting'), 'done');
    const chatty = connect('chatter', 1);
    await faulty.refresh(chatty);
    assert.equal(await faulty.put(chatty, 'kept', 'written through chatter'), 'done');
    await faulty.refresh(chatty);
    for (const tree of [noisy, chatty]) {
      tree.dispose?.();
    }
    for (const garbling of chosen) {
      for (let seed = 1; seed <= (figuresWanted ? 6 : 1); seed += 1) {
        const tree = connect(garbling, seed);
        await mustRefuse(tree, `${garbling} ${seed}`);
        tree.dispose?.();
      }
    }
    for (let seed = 1; seed <= flips; seed += 1) {
      const garbling = seed % 3 === 0 ? 'dropped' : 'flipped';
      const tree = connect(garbling, seed);
      await mayRefuse(tree, `${garbling} ${seed}`);
      tree.dispose?.();
    }
  }

  it('behind a command is refused, with an error, within bounds, and nothing of it is kept', async () => {
    const garbler = writeGarbler(faulty.data);
    await throughShell(
      (garbling, seed) => {
        const command = [...garbler(garbling, seed), 'env'];
        return new CommandTree({ id: 'command:garbage', label: 'garbage', command, root: faulty.cache.root });
      },
      garblings,
      figuresWanted ? 200 : 12,
    );
    assert.ok(faulty.figures('the far end answers with garbage, behind a command').reported >= garblings.length);
  });

  it('behind a command may go on for ever after a good beginning: it is given up at the limit', async () => {
    const root = faulty.cache.root;
    const command = ['sh', '-c', '"$@"; exec cat /dev/zero', 'endless', 'env'];
    const tree = new CommandTree({
      id: 'command:endless',
      label: 'endless',
      command,
      root,
      maxAnswerBytes: 8 * mebibyte,
    });
    await assert.rejects(tree.scan({ folders: [''] }), (error) => isSourceError(error, 'too-large'));
  });

  it('over SSH is refused the same way', async function () {
    this.timeout(900_000); // sshd may have to be installed.
    const server = await startSshServer();
    try {
      const garbler = writeGarbler(faulty.data);
      const authorized = join(server.folder, 'authorized_keys');
      const key = readFileSync(authorized, 'utf8');
      const connect = (garbling: Garbling, seed: number): SshTree => {
        const forced = `${garbler(garbling, seed).join(' ').replace(garbling, `'${garbling}'`)} sh -c \\"$SSH_ORIGINAL_COMMAND\\"`;
        writeFileSync(authorized, `command="${forced}" ${key}`);
        return new SshTree({ host: 'loopback', root: faulty.cache.root, configFile: server.configFile });
      };
      const chosen: readonly Garbling[] = ['random', 'cut', 'huge length', 'no archive', 'endless'];
      await throughShell(connect, figuresWanted ? garblings : chosen, figuresWanted ? 40 : 2);
      assert.ok(faulty.figures('the far end answers with garbage, over SSH').reported >= chosen.length);
    } finally {
      await server.stop();
    }
  });

  it('behind the HTTP API is refused the same way', async () => {
    const api = await startOriginalApi(faulty.cache.root);
    const proxy = await startGarblingProxy(`http://127.0.0.1:${api.port}`);
    try {
      const url = api.url.replace(`:${api.port}`, `:${proxy.port}`);
      const tree = new HttpTree({ url, key: async () => Promise.resolve(originalKey), timeoutMs: 60_000 });
      await faulty.refresh(tree);
      for (const [name, answer] of Object.entries(badAnswers)) {
        // Its index files are made of both: what is listed is known, whatever becomes of the values.
        for (const [target, known] of [
          [/\/keys/, everything],
          [/\/value/, versions],
        ] as const) {
          proxy.garble = (request) => (target.test(request.url ?? '') ? answer : undefined);
          await mustRefuse(
            new HttpTree({ url, key: async () => Promise.resolve(originalKey) }),
            `${name} ${target.source}`,
            known,
          );
        }
      }
      proxy.garble = undefined;
      await faulty.refresh(tree);
      assert.ok(faulty.figures('the far end answers with garbage of any kind, over HTTP').reported > 0);
    } finally {
      await proxy.stop();
      await api.stop();
    }
  });

  it('at Daytona is refused the same way, from the control plane and from the sandbox', async () => {
    const server = await startDaytonaServer();
    server.states.set('one', 'started');
    const { origin, pathname } = new URL(server.apiUrl);
    const proxy = await startGarblingProxy(origin);
    try {
      const apiUrl = `http://127.0.0.1:${proxy.port}${pathname}`;
      const connect = (): DaytonaTree =>
        new DaytonaTree({
          api: new DaytonaApi({ apiUrl, apiKey: daytonaKey }),
          sandboxId: 'one',
          root: faulty.cache.root,
        });
      await faulty.refresh(connect());
      for (const [name, answer] of Object.entries(badAnswers)) {
        for (const target of [/\/sandbox\/one$/, /\/process\/execute/, /\/files\/bulk-download/]) {
          proxy.garble = (request) => (target.test(request.url ?? '') ? answer : undefined);
          await mustRefuse(connect(), `${name} ${target.source}`);
        }
      }
      proxy.garble = (request) =>
        request.url?.includes('/sandbox?') === true || request.url?.endsWith('/sandbox') === true
          ? endlessPages()
          : undefined;
      await new DaytonaApi({ apiUrl, apiKey: daytonaKey }).listSandboxes();
      proxy.garble = undefined;
      await faulty.refresh(connect());
      assert.ok(faulty.figures('the far end answers with garbage, at Daytona').reported > 0);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});

type Answer = (response: ServerResponse) => void;

function withBody(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

const page = '<!doctype html><html><title>502 Bad Gateway</title></html>';

/** Answers that no endpoint gives. */
const badAnswers: Readonly<Record<string, Answer>> = {
  'a page': withBody(page, { 'content-type': 'text/html' }),
  'a page of a gateway': withBody(page, { 'content-type': 'text/html' }, 502),
  nothing: withBody(''),
  null: withBody('null'),
  'a number': withBody('1e999'),
  'a list of other things': withBody('[1, "two", null, {"three": []}]'),
  'other types': withBody('{"keys": {"a": 1}, "value": 12, "id": 7, "state": [], "exitCode": "0", "result": 5}'),
  'a list of null': withBody('{"keys": [null, 5, "x"], "value": null, "id": null, "exitCode": 0, "result": null}'),
  'half a document': withBody('{"keys": [{"key": "kept", "size'),
  'a document of many levels': withBody('['.repeat(200_000)),
  'bytes that are no text': withBody(Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x80])),
  'a body that is no gzip': withBody('{"keys": []}', { 'content-encoding': 'gzip' }),
  'half a gzip': withBody(gzipSync(Buffer.alloc(100_000, '{"a": ')).subarray(0, 60), { 'content-encoding': 'gzip' }),
  'fewer bytes than announced': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
    response.write('{"keys": [');
    response.socket?.end();
  },
  'no HTTP at all': (response) => {
    response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
  },
  'parts without end': withBody('--x\r\ncontent-length: 99999999999\r\n\r\nabc', {
    'content-type': 'multipart/form-data; boundary=x',
  }),
  'parts without boundary': withBody('--x\r\n\r\n', { 'content-type': 'multipart/form-data' }),
};

/** A list of sandboxes whose every page names another one. */
function endlessPages(): Answer {
  let page = 0;
  return (response) => {
    page += 1;
    withBody(JSON.stringify({ items: [], nextCursor: `page-${page}-${Math.random()}` }))(response);
  };
}

interface GarblingProxy {
  readonly port: number;
  /** What is answered in place of the server; undefined where it answers itself. */
  garble: ((request: IncomingMessage) => Answer | undefined) | undefined;
  stop(): Promise<void>;
}

/** Passes requests on to a server, and names itself wherever the server names its own address. */
async function startGarblingProxy(origin: string): Promise<GarblingProxy> {
  const proxy = { garble: undefined as GarblingProxy['garble'] };
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const garbled = proxy.garble?.(request);
    if (garbled !== undefined) {
      garbled(response);
      return;
    }
    const headers = { ...request.headers, host: new URL(origin).host };
    const onward = forward(`${origin}${request.url ?? ''}`, { method: request.method, headers }, (told) => {
      void buffer(told).then((bytes) => {
        const { port } = server.address() as AddressInfo;
        const text = bytes.toString('latin1').replaceAll(origin, `http://127.0.0.1:${port}`);
        const { 'content-type': type = '', date = '' } = told.headers;
        response.writeHead(told.statusCode ?? 500, { 'content-type': type, date }).end(Buffer.from(text, 'latin1'));
      });
    });
    onward.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
