import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KvTarget } from '../../../src/core/workersKv/target';
import type { KvWrite } from '../../../src/core/workersKv/limits';
import { countingApi, startMiniflareKv } from '../../support/miniflareKv';
import type { MiniflareKv } from '../../support/miniflareKv';
import { videoKey, videoWrites } from '../../support/videoEntries';
import { bundleCli } from '../agent/bundleCli';

/** How many purges are killed, each at a random request. */
const kills = 10;
const tag = 'video-d-mobile';
const createdAt = Date.now() - 60_000;

/** Everything that is in a namespace, by key. */
type Contents = ReadonlyMap<string, string>;

/** Passes requests on to workerd, and says which one comes; before or after it was answered. */
class WatchedLink {
  readonly #server = createServer((incoming, outgoing) => {
    this.#count += 1;
    const number = this.#count;
    this.onRequest(number, 'before');
    const { url: path, method, headers } = incoming;
    const onward = send({ host: '127.0.0.1', port: this.#port, path, method, headers }, (answer) => {
      this.onRequest(number, 'after');
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // The client may be dead by now; workerd gets what was sent all the same.
    onward.on('error', () => outgoing.destroy());
    outgoing.on('error', () => undefined);
    incoming.pipe(onward);
  });
  readonly #port: number;
  #count = 0;
  onRequest: (number: number, moment: 'before' | 'after') => void = () => undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  reset(): void {
    this.#count = 0;
    this.onRequest = () => undefined;
  }

  get count(): number {
    return this.#count;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('a purge whose process is killed', function () {
  this.timeout(300_000);
  let kv: MiniflareKv;
  let link: WatchedLink;
  let base: string;
  let cli: string;
  let data: string;

  before(async () => {
    kv = await startMiniflareKv();
    const address = new URL(kv.baseUrl);
    link = new WatchedLink(Number(address.port));
    address.port = String(await link.start());
    base = address.href.replace(/\/$/, '');
    cli = await bundleCli();
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  });

  after(async () => {
    await link.stop();
    await kv.stop();
    rmSync(data, { recursive: true, force: true });
  });

  interface Ended {
    readonly code: number | string | null;
    readonly out: string;
    readonly messages: string;
  }

  /**
   * Runs the command line on a namespace, killed at the given request.
   * @param watch is told of each request before it is sent on
   */
  async function run(
    args: readonly string[],
    { namespace }: KvTarget,
    killAt?: { readonly request: number; readonly moment: 'before' | 'after' },
    watch: (request: number) => void = () => undefined,
  ): Promise<Ended> {
    link.reset();
    const child = spawn(process.execPath, [cli, 'kv', ...args, '--namespace', namespace, '--base', base, '--json'], {
      env: { ...process.env, CONTEXT_CACHE_HOME: data },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    link.onRequest = (number, moment) => {
      if (moment === 'before') {
        watch(number);
      }
      if (number === killAt?.request && moment === killAt.moment) {
        child.kill('SIGKILL');
      }
    };
    let out = '';
    let messages = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (messages += chunk.toString()));
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, signal) => {
        resolve(exit ?? signal);
      });
    });
    link.onRequest = () => undefined;
    return { code, out, messages };
  }

  async function contents(target: KvTarget): Promise<Contents> {
    const { api } = countingApi(target);
    const listed = await api.entries.list();
    const all = await Promise.all(
      listed.map(async ({ key, metadata }) => {
        const { bytes } = await api.entries.read(key, { length: 1_000_000 }, undefined);
        return [key, `${JSON.stringify(metadata)} ${Buffer.from(bytes).toString('base64')}`] as const;
      }),
    );
    return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  const purgesWrittenDown = (): readonly string[] => {
    const folder = join(data, 'workers-kv', 'purges');
    return existsSync(folder) ? readdirSync(folder) : [];
  };

  const unfinished = async (target: KvTarget): Promise<readonly { readonly id: string; readonly left: number }[]> => {
    const { out } = await run(['resume'], target);
    return (JSON.parse(out) as { purges: { id: string; left: number }[] }).purges;
  };

  const clip = (number: number, derivative: string, chunks?: readonly number[]) => ({
    path: `videos/clips/${number}.mp4`,
    derivative,
    createdAt,
    ...(chunks === undefined ? {} : { chunks }),
  });
  const doomed = [
    ...Array.from({ length: 8 }, (_, number) => clip(number, 'mobile')),
    clip(8, 'mobile', [400, 300, 20]),
    clip(9, 'mobile', [10, 10]),
  ];
  const staying = [...Array.from({ length: 6 }, (_, number) => clip(number, 'desktop')), clip(7, 'tv', [50, 60])];
  const doomedWrites = doomed.flatMap(videoWrites);
  const stayingWrites: readonly KvWrite[] = [
    ...staying.flatMap(videoWrites),
    { key: 'settings/of somebody else', value: Buffer.from('{}'), metadata: undefined },
    // Its name begins like that of an entry that goes.
    { key: `${videoKey(doomed[0]!)}-notes`, value: Buffer.from('mine'), metadata: undefined },
  ];
  const doomedKeys = new Set(doomedWrites.map(({ key }) => key));

  it(`is finished by resuming it, and takes nothing else, ${kills} times`, async () => {
    const whole = kv.freshTarget();
    await kv.fill(whole.namespace, [...doomedWrites, ...stayingWrites]);
    let firstBegun = 0;
    const watch = (request: number): void => {
      if (firstBegun === 0 && purgesWrittenDown().length > 0) {
        firstBegun = request;
      }
    };
    assert.equal((await run(['purge', '--tag', tag, '--yes'], whole, undefined, watch)).code, 0);
    const requests = link.count;
    assert.ok(firstBegun > 1 && firstBegun < requests, `written down before request ${firstBegun} of ${requests}`);
    assert.deepEqual([...(await contents(whole)).keys()], stayingWrites.map(({ key }) => key).sort());

    let begun = 0;
    let killedAgain = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const target = kv.freshTarget();
      await kv.fill(target.namespace, [...doomedWrites, ...stayingWrites]);
      const before = await contents(target);
      const others = new Map([...before].filter(([key]) => !doomedKeys.has(key)));
      // Every other one after it was written down, which is only at its end; the others at any request.
      const from = kill % 2 === 0 ? firstBegun : 1;
      const request = from + Math.floor(Math.random() * (requests - from + 1));
      const moment = Math.random() < 0.5 ? 'before' : 'after';
      const told = `killed ${moment} request ${request} of ${requests}`;
      await run(['purge', '--tag', tag, '--yes'], target, { request, moment });

      let purges = await unfinished(target);
      if (purges.length === 0) {
        // It had not been written down, so nothing may be gone; or it was at its end.
        const now = await contents(target);
        assert.ok(sameContents(now, before) || sameContents(now, others), told);
        if (sameContents(now, before)) {
          assert.equal((await run(['purge', '--tag', tag, '--yes'], target)).code, 0, told);
        }
      } else {
        begun += 1;
        const { id } = purges[0]!;
        const again = clip(0, 'mobile');
        const rewritten = kill % 3 === 0;
        if (rewritten) {
          // Made again since: that is somebody's new work.
          await kv.fill(target.namespace, videoWrites({ ...again, createdAt: Date.now() + 60_000, value: 'anew' }));
        }
        if (kill % 2 === 0) {
          // A later request may be its last.
          const number = kill === 0 ? 1 : 1 + Math.floor(Math.random() * 3);
          await run(['resume', id, '--yes'], target, { request: number, moment });
          purges = await unfinished(target);
          killedAgain += purges.length;
        }
        if (purges.length > 0) {
          const { code, messages } = await run(['resume', id, '--yes'], target);
          assert.ok(code === 0 || (rewritten && code === 1), `${told}: ${messages}`);
        }
        assert.deepEqual(await unfinished(target), [], told);
        if (rewritten) {
          const now = await contents(target);
          assert.match(now.get(videoKey(again)) ?? '', new RegExp(Buffer.from('anew').toString('base64')), told);
          const rest = new Map([...now].filter(([key]) => key !== videoKey(again)));
          assert.deepEqual(rest, others, told);
          continue;
        }
      }
      assert.deepEqual(await contents(target), others, told);
    }
    assert.ok(begun > 2, `only ${begun} purges were killed after they had begun`);
    assert.ok(killedAgain > 0, 'no resumption was killed before its end');
    assert.deepEqual(purgesWrittenDown(), []);
  });
});

function sameContents(one: Contents, other: Contents): boolean {
  return JSON.stringify([...one]) === JSON.stringify([...other]);
}
