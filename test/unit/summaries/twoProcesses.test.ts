import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatKey, startChatServer } from '../../support/chatServer';
import type { ChatServer } from '../../support/chatServer';
import { bundleCli } from '../agent/bundleCli';
import { TemporaryCache } from '../cache/temporaryCache';

const text = 'The report is due on Friday, and Ada writes the part about memory prices. '.repeat(20);
const waitingText = 'Another window or command is summing this up; waiting for it.';

/** A command of the command line in a process of its own. */
interface Running {
  readonly child: ChildProcess;
  readonly messages: () => string;
  /** Exit code, or the signal that ended it, and the outcome it printed. */
  readonly ended: Promise<{ readonly code: number | string | null; readonly outcome: string | undefined }>;
}

describe('two processes that sum up the same source', function () {
  this.timeout(120_000);
  let cli: string;
  let cache: TemporaryCache;
  let data: string;
  let server: ChatServer;
  let started: Running[];

  before(async () => {
    cli = await bundleCli();
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  });

  after(() => {
    rmSync(data, { recursive: true, force: true });
  });

  beforeEach(async () => {
    cache = new TemporaryCache();
    writeFileSync(join(cache.workspace, 'plan.md'), text);
    server = await startChatServer();
    started = [];
  });

  afterEach(async () => {
    for (const { child, ended } of started) {
      child.kill('SIGKILL');
      await ended;
    }
    await server.stop();
    cache.dispose();
  });

  function make(): Running {
    const env = {
      ...process.env,
      CONTEXT_CACHE_HOME: data,
      OPENAI_BASE_URL: server.address,
      OPENAI_API_KEY: chatKey,
      CONTEXT_CACHE_SUMMARY_MODEL: 'tiny',
    };
    const child = spawn(process.execPath, [cli, 'summary', 'make', 'plan.md', '--yes', '--json'], {
      cwd: cache.workspace,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let messages = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (messages += chunk.toString()));
    const ended = new Promise<Awaited<Running['ended']>>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code: code ?? signal, outcome: /"outcome": "(\w+)"/.exec(out)?.[1] });
      });
    });
    const running = { child, messages: () => messages, ended };
    started.push(running);
    return running;
  }

  /** Until the condition holds; the processes' own words and requests are all there is to wait for. */
  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!holds()) {
      const said = started.map(({ messages }) => messages()).join('\n');
      assert.ok(Date.now() < deadline, `${what} did not happen; the processes said: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const leasesLeft = (): readonly string[] => readdirSync(join(data, 'summary-leases'));

  it('ask the model once: the second one waits, and is served the summary of the first', async () => {
    const answer = server.holdAnswers();
    const first = make();
    await until('the first question', () => server.requests.length === 1);
    const second = make();
    await until('the wait of the second', () => second.messages().includes(waitingText));
    answer();
    assert.deepEqual(await first.ended, { code: 0, outcome: 'made' });
    assert.deepEqual(await second.ended, { code: 0, outcome: 'hit' });
    assert.equal(server.requests.length, 1);
    assert.deepEqual(leasesLeft(), []);
  });

  it('go on when the first one is killed: the second takes over', async () => {
    const answer = server.holdAnswers();
    const first = make();
    await until('the first question', () => server.requests.length === 1);
    const second = make();
    await until('the wait of the second', () => second.messages().includes(waitingText));
    first.child.kill('SIGKILL');
    assert.equal((await first.ended).code, 'SIGKILL');
    await until('the question of the second', () => server.requests.length === 2);
    answer();
    assert.deepEqual(await second.ended, { code: 0, outcome: 'made' });
    assert.deepEqual(leasesLeft(), []);
  });

  it('go on when the first one fails: the second asks by itself', async () => {
    const answer = server.holdAnswers();
    server.answerNext(401, '{"error":{"message":"expired key"}}');
    const first = make();
    await until('the first question', () => server.requests.length === 1);
    const second = make();
    await until('the wait of the second', () => second.messages().includes(waitingText));
    answer();
    assert.equal((await first.ended).code, 1);
    assert.deepEqual(await second.ended, { code: 0, outcome: 'made' });
    assert.equal(server.requests.length, 2);
  });

  it('end one by one: who gives up waiting leaves the other its work', async () => {
    const answer = server.holdAnswers();
    const first = make();
    await until('the first question', () => server.requests.length === 1);
    const second = make();
    await until('the wait of the second', () => second.messages().includes(waitingText));
    second.child.kill('SIGINT');
    assert.equal((await second.ended).code, 1);
    answer();
    assert.deepEqual(await first.ended, { code: 0, outcome: 'made' });
    assert.equal(server.requests.length, 1);
  });
});
