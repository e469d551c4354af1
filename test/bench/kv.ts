/**
 * `npm run bench:kv`: 10,000 keys with metadata are listed and purged by tag, beside the plain loop of a script that
 * lists and deletes one key after the other: in requests and in seconds, in the same run, against two servers. workerd is the real thing without bulk writes; the stand-in has those of Cloudflare,
 * and answers after a delay. `--keys 10000`, `--latency 40` (milliseconds). Prints Markdown.
 */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { VersionStore } from '../../src/core/versions/versionStore';
import { KvApi } from '../../src/core/workersKv/kvApi';
import type { KvWrite } from '../../src/core/workersKv/limits';
import { applyKvPurge } from '../../src/core/workersKv/purge';
import { PurgeJournal } from '../../src/core/workersKv/purgeJournal';
import { planKvPurge } from '../../src/core/workersKv/purgePlan';
import { readKvSnapshot } from '../../src/core/workersKv/snapshot';
import { parseKvTarget } from '../../src/core/workersKv/target';
import type { KvTarget } from '../../src/core/workersKv/target';
import { systemClock } from '../../src/core/ports';
import { cloudToken, startCloudKvServer } from '../support/cloudKvServer';
import { startMiniflareKv } from '../support/miniflareKv';
import { runMain, say } from '../support/say';
import { videoWrites } from '../support/videoEntries';
import { duration, markdownTable, ratio } from './report';

const { values: options } = parseArgs({
  options: { keys: { type: 'string', default: '10000' }, latency: { type: 'string', default: '40' } },
});
const keyCount = Number(options.keys);
const latencyMs = Number(options.latency);
const tag = 'video-d-mobile';

interface Measured {
  readonly ms: number;
  readonly requests: number;
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  const miniflare = await startMiniflareKv();
  const cloud = await startCloudKvServer();
  const slow = await startDelay(cloud.baseUrl, latencyMs);
  try {
    cloud.namespaces.set('entries', new Map());
    const local = miniflare.freshTarget();
    const far = parseKvTarget({ account: 'acc', namespace: 'entries', baseUrl: slow.baseUrl });
    const near = { ...far, baseUrl: cloud.baseUrl };
    const rows = [
      ...(await compare('workerd, local', local, local, folder)),
      ...(await compare(`bulk routes, ${latencyMs} ms`, far, near, folder)),
    ];
    say(`${keyCount} keys, one purge by tag that takes all of them\n`);
    say(markdownTable(['server', 'what', 'requests', 'time', 'plain loop: requests', 'time', 'faster'], rows));
    return 0;
  } finally {
    await slow.stop();
    await cloud.stop();
    await miniflare.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param filling where the same namespace is filled without the delay */
async function compare(name: string, target: KvTarget, filling: KvTarget, folder: string): Promise<string[][]> {
  await fill(filling);
  const requests: string[] = [];
  const api = apiOf(target, requests);
  const measure = async (work: () => Promise<void>): Promise<Measured> => {
    requests.length = 0;
    const started = performance.now();
    await work();
    return { ms: performance.now() - started, requests: requests.length };
  };
  const nowMs = Date.now();
  const listing = await measure(async () => {
    expect((await readKvSnapshot({ entries: api.entries, versions: undefined }, { nowMs })).entries.length);
  });
  const purging = await measure(async () => {
    const snapshot = await readKvSnapshot({ entries: api.entries, versions: undefined }, { nowMs });
    const plan = planKvPurge(snapshot, { tag }, tag, { target, keep: { keys: 0, bytes: 0 } });
    const report = await applyKvPurge(plan, {
      api,
      clock: systemClock,
      history: new VersionStore(join(folder, 'versions')),
      journal: new PurgeJournal(join(folder, 'purges')),
    });
    expect(report.results.filter(({ outcome }) => outcome === 'done').length);
  });
  expect((await api.entries.list()).length, 0);

  await fill(filling);
  const plain = new PlainLoop(target);
  let names: readonly string[] = [];
  const plainListing = await plain.measure(async () => {
    names = await plain.names();
    expect(names.length);
  });
  const plainPurging = await plain.measure(async () => {
    for (const key of await plain.names()) {
      await plain.delete(key);
    }
  });
  expect((await apiOf(target, []).entries.list()).length, 0);
  const row = (what: string, ours: Measured, theirs: Measured): string[] => [
    name,
    what,
    String(ours.requests),
    duration(ours.ms),
    String(theirs.requests),
    duration(theirs.ms),
    ratio(theirs.ms, ours.ms),
  ];
  return [row('list', listing, plainListing), row('purge by tag, journal included', purging, plainPurging)];
}

function apiOf(target: KvTarget, requests: string[]): KvApi {
  return new KvApi(target, {
    token: async () => Promise.resolve(cloudToken),
    onRequest: (method, path) => requests.push(`${method} ${path}`),
  });
}

async function fill(target: KvTarget): Promise<void> {
  const writes: KvWrite[] = Array.from({ length: keyCount }, (_, index) => ({
    path: `videos/many/${String(index).padStart(6, '0')}.mp4`,
    derivative: 'mobile',
    createdAt: Date.now(),
  })).flatMap(videoWrites);
  expect((await apiOf(target, []).entries.writeAll(writes)).filter(({ error }) => error === undefined).length);
}

/** What a script does: one request after the other. */
class PlainLoop {
  readonly #base: string;
  #requests = 0;

  constructor({ baseUrl, account, namespace }: KvTarget) {
    const accountPath = account === undefined ? '' : `/accounts/${account}`;
    this.#base = `${baseUrl!}${accountPath}/storage/kv/namespaces/${namespace}`;
  }

  async measure(work: () => Promise<void>): Promise<Measured> {
    this.#requests = 0;
    const started = performance.now();
    await work();
    return { ms: performance.now() - started, requests: this.#requests };
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    let cursor = '';
    do {
      const response = await this.#fetch(`/keys?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = (await response.json()) as {
        result: { name: string; metadata?: { cacheTags?: string[] } }[];
        result_info: { cursor: string };
      };
      names.push(...page.result.filter(({ metadata }) => metadata?.cacheTags?.includes(tag)).map(({ name }) => name));
      ({ cursor } = page.result_info);
    } while (cursor !== '');
    return names;
  }

  async delete(key: string): Promise<void> {
    const response = await this.#fetch(`/values/${encodeURIComponent(key)}`, 'DELETE');
    await response.arrayBuffer();
  }

  async #fetch(path: string, method = 'GET'): Promise<Response> {
    this.#requests += 1;
    const response = await fetch(this.#base + path, { method, headers: { authorization: `Bearer ${cloudToken}` } });
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  }
}

/** A proxy that lets every answer wait, as the way to Cloudflare does. */
async function startDelay(to: string, delayMs: number): Promise<{ readonly baseUrl: string; stop(): Promise<void> }> {
  const { hostname, port } = new URL(to);
  const server = createServer((incoming, outgoing) => {
    const onward = send(
      { hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        setTimeout(() => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        }, delayMs);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A figure of a run that did something else is worth nothing. */
function expect(found: number, wanted = keyCount): void {
  if (found !== wanted) {
    throw new Error(`${found} keys in place of ${wanted}.`);
  }
}

runMain(main);
