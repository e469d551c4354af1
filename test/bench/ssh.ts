/**
 * `npm run bench:ssh`: a cache of 5,000 entries behind a real SSH server and a slow link, read by us and copied by
 * `rsync` in the same run, and a twentieth of it by `scp -r`, which asks for file after file. `--entries 5000`,
 * `--latency 50` (milliseconds there and back), `--rounds 3`. Prints medians as Markdown.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { fingerprintOf } from '../../src/core/cache/fingerprint';
import { IndexDocument } from '../../src/core/cache/indexDocument';
import { derivedPath } from '../../src/core/cache/scopes';
import { readSnapshot } from '../../src/core/cache/snapshot';
import { ValueHashCache } from '../../src/core/cache/valueHashes';
import type { FileTree } from '../../src/core/fileTree';
import { systemClock } from '../../src/core/ports';
import { SshTree } from '../../src/core/sources/sshTree';
import { installWithApt } from '../support/host/aptPackages';
import { isOnPath } from '../support/host/onPath';
import { runMain, say } from '../support/say';
import { startSlowProxy } from '../support/slowProxy';
import { startSshServer } from '../support/sshServer';
import { duration, markdownTable, median } from './report';

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '5000' },
    latency: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
  },
});
const entries = Number(options.entries);
const latencyMs = Number(options.latency);
const rounds = Number(options.rounds);
const run = promisify(execFile);

async function main(): Promise<number> {
  if (!isOnPath('rsync')) {
    await installWithApt(['rsync'], 'The comparison with rsync');
  }
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  const server = await startSshServer();
  const proxy = await startSlowProxy(server.port, latencyMs);
  const config = server.configure('slow', [
    'Host loopback',
    `Port ${proxy.port}`,
    'HostKeyAlias slow',
    'StrictHostKeyChecking no',
  ]);
  try {
    const root = join(folder, 'kv-cache');
    const part = join(folder, 'part');
    await writeCache(root, entries);
    await writeCache(part, Math.ceil(entries / 20));
    const rows = new Map<string, { readonly ms: number[]; exchanges: number | undefined }>();
    const measure = async (name: string, work: () => Promise<number | undefined>): Promise<void> => {
      const started = performance.now();
      const exchanges = await work();
      const row = rows.get(name) ?? { ms: [], exchanges };
      row.ms.push(performance.now() - started);
      row.exchanges = exchanges;
      rows.set(name, row);
    };
    for (let round = 0; round < rounds; round += 1) {
      const tree = new CountingTree(new SshTree({ host: 'loopback', root, configFile: config }));
      const hashes = new ValueHashCache();
      const read = async (verifyValues: boolean): Promise<number> => {
        tree.scans = 0;
        await readSnapshot(tree, { clock: systemClock, verifyValues, hashes });
        return tree.scans;
      };
      await measure('first listing, connecting included', async () => read(false));
      await measure('refresh, nothing changed', async () => read(false));
      await measure('all values, verified', async () => read(true));
      await writeFile(join(root, 'artifacts', 'value_7'), `changed in round ${round}`);
      await measure('refresh after one change, its value fetched', async () => read(true));
      tree.dispose();
      await measure('rsync -a of the same tree', async () => {
        await run('rsync', ['-a', '-e', `ssh -F ${config}`, `loopback:${root}/`, join(folder, `rsync-${round}`)]);
        return undefined;
      });
    }
    // A minute each time: once is enough to see what asking for file after file costs.
    await measure('scp -r of a twentieth of the tree, once', async () => {
      await run('scp', ['-q', '-r', '-F', config, `loopback:${part}`, join(folder, 'scp')]);
      return undefined;
    });
    const table = [...rows].map(([name, { ms, exchanges }]) => [
      name,
      exchanges === undefined ? '–' : String(exchanges),
      duration(median(ms)),
    ]);
    say(`${entries} entries, ${latencyMs} ms there and back, median of ${rounds}\n`);
    say(markdownTable(['what', 'commands over the link', 'time'], table));
    return 0;
  } finally {
    await proxy.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each scan is one command over the shared connection. */
class CountingTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTree['capabilities'];
  readonly #tree: SshTree;
  scans = 0;

  constructor(tree: SshTree) {
    this.id = tree.id;
    this.label = tree.label;
    this.capabilities = tree.capabilities;
    this.#tree = tree;
  }

  readonly scan: FileTree['scan'] = async (request, scanOptions) => {
    this.scans += 1;
    return this.#tree.scan(request, scanOptions);
  };

  readonly read: FileTree['read'] = async (path, readOptions) => {
    this.scans += 1;
    return this.#tree.read(path, readOptions);
  };

  readonly commit: FileTree['commit'] = async (change, commitOptions) => this.#tree.commit(change, commitOptions);

  dispose(): void {
    this.#tree.dispose();
  }
}

async function writeCache(root: string, count: number): Promise<void> {
  await mkdir(join(root, 'artifacts'), { recursive: true });
  const index = new IndexDocument();
  for (let number = 0; number < count; number += 1) {
    const key = `value_${number}`;
    const bytes = Buffer.from(`value ${number} ${'lorem ipsum '.repeat(number % 200)}`);
    await writeFile(join(root, 'artifacts', key), bytes);
    index.put(key, {
      originalKey: key,
      path: derivedPath('artifacts', key),
      contentType: 'text/plain',
      sizeBytes: bytes.byteLength,
      fingerprint: fingerprintOf(bytes),
      createdAt: '2025-11-12T09:00:00',
      expiresAt: null,
      ttlHours: 48,
      metadata: new Map(),
    });
  }
  await writeFile(join(root, 'artifacts', '_index.json'), index.print());
}

runMain(main);
