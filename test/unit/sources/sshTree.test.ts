import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { SourceError } from '../../../src/core/errors';
import { SshTree } from '../../../src/core/sources/sshTree';
import type { SshServer } from '../../support/sshServer';
import { startSshServer } from '../../support/sshServer';
import { goldenCaches, goldenClock, goldenTree } from '../cache/temporaryCache';
import { describeFileTree, failsWith } from './fileTreeContract';

function temporaryFolder(): { root: string; base: string } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
  const root = join(base, 'a tree');
  mkdirSync(root);
  return { root, base };
}

describe('over a real SSH server', function () {
  let server: SshServer;

  before(async function () {
    this.timeout(900_000); // It may have to be installed.
    server = await startSshServer();
  });

  after(async () => {
    await server.stop();
  });

  function connect(root: string, configFile = server.configFile): SshTree {
    return new SshTree({ host: 'loopback', root, configFile });
  }

  describeFileTree('a folder on a host', async () => {
    const { root, base } = temporaryFolder();
    const tree = connect(root);
    return Promise.resolve({
      tree,
      root,
      dispose: async () => {
        tree.dispose();
        rmSync(base, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  });

  it('ends the connection when it is cancelled while a host never answers', async () => {
    const silent = createServer();
    const connected = once(silent, 'connection') as Promise<[Socket]>;
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const tree = connect('/cache', server.configure('silent', ['Host loopback', `Port ${port}`]));
    const abort = new AbortController();
    try {
      const scan = failsWith(tree.scan({ folders: [''] }, { signal: abort.signal }), 'cancelled');
      const [socket] = await connected;
      const ended = once(socket.resume(), 'close');
      abort.abort();
      await Promise.all([scan, ended]);
    } finally {
      tree.dispose();
      silent.close();
    }
  });

  it('reads the golden tree as a local folder does', async () => {
    const tree = connect(join(goldenCaches, 'typical/.iris/kv-cache'));
    const options = { clock: goldenClock, verifyValues: true };
    const [far, near] = [await readSnapshot(tree, options), await readSnapshot(goldenTree('typical'), options)];
    tree.dispose();
    const comparable = ({ scopes, findings, seedFlag }: typeof far) => ({
      findings,
      seedFlag,
      scopes: scopes.map(({ entries, files, ...scope }) => ({
        ...scope,
        files: files?.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`),
        entries: entries.map(({ fileModifiedMs: _, ...entry }) => entry),
      })),
    });
    assert.deepEqual(comparable(far), comparable(near));
  });

  it('shares one connection', async () => {
    const { root, base } = temporaryFolder();
    const before = server.connections();
    const tree = connect(root);
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    for (let round = 0; round < 3; round += 1) {
      await tree.scan({ folders: ['task'] });
    }
    await Promise.all([tree.scan({ folders: [''] }), tree.scan({ folders: [''] }), tree.read('task/a')]);
    assert.equal(server.connections() - before, 1);
    tree.dispose();
    rmSync(base, { recursive: true, force: true });
  });

  it('tells a refused key, an unknown host key and a host that is not there apart', async () => {
    const { root, base } = temporaryFolder();
    writeFileSync(join(base, 'empty'), '');
    const noKey = server.configure('no-key', [
      `Host loopback`,
      `IdentityFile ${join(base, 'empty')}`,
      'IdentityAgent none',
      'PreferredAuthentications password',
    ]);
    await failsWith(connect(root, noKey).scan({ folders: [''] }), 'auth');
    const unknown = server.configure('unknown', ['Host loopback', `UserKnownHostsFile ${join(base, 'empty')}`]);
    await failsWith(connect(root, unknown).scan({ folders: [''] }), 'auth');
    const nobody = server.configure('nobody', ['Host loopback', 'Port 1']);
    await failsWith(connect(root, nobody).scan({ folders: [''] }), 'unavailable');
    await failsWith(new SshTree({ host: 'no.such.host.invalid', root }).scan({ folders: [''] }), 'unavailable');
    rmSync(base, { recursive: true, force: true });
  });

  it('survives the configuration that people have for their terminals', async () => {
    const { root, base } = temporaryFolder();
    const config = server.configure('terminal', [
      'Host loopback',
      'RequestTTY force',
      'RemoteCommand tmux',
      'LocalForward 1 localhost:1',
    ]);
    const tree = connect(root, config);
    await tree.commit({ writes: [{ path: 'a', bytes: Buffer.from([0, 13, 10, 255]) }] });
    assert.deepEqual(Buffer.from(await tree.read('a')), Buffer.from([0, 13, 10, 255]));
    tree.dispose();
    rmSync(base, { recursive: true, force: true });
  });

  it('leaves nothing in the temporary folder once it is disposed', async () => {
    const { root, base } = temporaryFolder();
    const sockets = () => readdirSync(tmpdir()).filter((name) => /^cc-.{6}$/.test(name));
    const before = new Set(sockets());
    const tree = connect(root);
    await tree.scan({ folders: [''] });
    const own = sockets().filter((name) => !before.has(name));
    assert.equal(own.length, 1);
    tree.dispose();
    await new Promise<void>((resolve) => {
      const watcher = watch(tmpdir(), () => {
        look();
      });
      const look = (): void => {
        if (!existsSync(join(tmpdir(), own[0]!))) {
          watcher.close();
          resolve();
        }
      };
      look();
    });
    rmSync(base, { recursive: true, force: true });
  });

  it('refuses hosts that are options', () => {
    for (const host of ['-oProxyCommand=touch x', '', 'a b', 'a;b', '$(x)']) {
      assert.throws(() => new SshTree({ host, root: '/x' }), SourceError);
    }
  });
});
