import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { UserError, isSourceError } from '../../../src/core/errors';
import { IncrementalDocument } from '../../../src/core/tokens/document';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { WorkerTokenCounter } from '../../../src/worker/workerCounter';
import type { WorkerCounterOptions } from '../../../src/worker/workerCounter';

const projectFolder = join(__dirname, '..', '..', '..');
const tablesFolder = join(projectFolder, 'dist', 'tokens');

/** A worker that answers every text with the number of its characters, and does what a text orders. */
const obedientWorker = `
  const { parentPort, threadId } = require('node:worker_threads');
  const { appendFileSync, existsSync, writeFileSync } = require('node:fs');
  parentPort.on('message', ({ id, texts, kind }) => {
    for (const text of texts ?? []) {
      const [order, path] = text.split('|');
      if (order === 'crash always') throw new Error('told to crash');
      if (order === 'crash once' && !existsSync(path)) { writeFileSync(path, ''); process.exit(7); }
      if (order === 'log') appendFileSync(path, text.split('|')[2] + ' ');
      if (order === 'refuse') return parentPort.postMessage({ kind: 'failed', id, message: 'Refused.', nextStep: 'Ask nicely.' });
    }
    parentPort.postMessage({ kind: 'counted', id, counts: texts.map((text) => text === 'thread' ? threadId : text.length) });
  });
`;

describe('counting in a worker', () => {
  let folder = '';
  let realWorker = '';
  let fakeWorker = '';
  const counters: WorkerTokenCounter[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-worker-'));
    realWorker = join(folder, 'tokenWorker.js');
    fakeWorker = join(folder, 'obedient.js');
    await writeFile(fakeWorker, obedientWorker);
    await build({
      entryPoints: [join(projectFolder, 'src', 'worker', 'tokenWorker.ts')],
      outfile: realWorker,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
  });

  afterEach(() => {
    for (const counter of counters.splice(0)) {
      counter.dispose();
    }
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function open(options: Partial<WorkerCounterOptions> = {}): WorkerTokenCounter {
    const counter = new WorkerTokenCounter({ workerFile: fakeWorker, tablesFolder, ...options });
    counters.push(counter);
    return counter;
  }

  it('gives the counts of the local counter, in order, long texts divided', async () => {
    const texts = ['', 'one two', 'x\ny '.repeat(300_000), '# Title\n', 'words '.repeat(150_000), ''];
    const local = await createTokenCounter({ tablesFolder }).countAll(texts, 'o200k_base');
    const seen: number[] = [];
    const worker = open({ workerFile: realWorker });
    const counts = await worker.countAll(texts, 'o200k_base', {
      progress: { report: ({ done }) => void seen.push(done) },
    });
    assert.deepEqual(counts, local);
    assert.equal(seen.at(-1), texts.length);
    assert.equal(await worker.count('one two', 'cl100k_base'), 2);
  });

  it('hands its tables to the calling thread', async () => {
    const encoder = await open({ workerFile: realWorker }).encoder('o200k_base');
    assert.ok(encoder.table.buffer instanceof SharedArrayBuffer);
    const document = await IncrementalDocument.open('Hello, world', encoder);
    document.apply([{ rangeOffset: 12, rangeLength: 0, text: '!' }]);
    assert.equal(document.tokens, 4);
  });

  it('lets visible work overtake what waits', async () => {
    const path = join(folder, 'order');
    const counter = open();
    const ask = (name: string, priority: 'visible' | 'background'): Promise<number> =>
      counter.count(`log|${path}|${name}`, 'o200k_base', { priority });
    // Two requests are with the worker at once; the others wait.
    await Promise.all([
      ask('first', 'background'),
      ask('second', 'background'),
      ask('late', 'background'),
      ask('later', 'background'),
      ask('urgent', 'visible'),
    ]);
    assert.equal(await readFile(path, 'utf8'), 'first second urgent late later ');
  });

  it('does not begin what was cancelled while it waited', async () => {
    const path = join(folder, 'cancelled');
    const counter = open();
    const abort = new AbortController();
    const kept = ['a', 'b', 'c'].map(async (name) => counter.count(`log|${path}|${name}`, 'o200k_base'));
    const dropped = counter.count(`log|${path}|dropped`, 'o200k_base', { signal: abort.signal });
    abort.abort();
    await assert.rejects(dropped, (error) => isSourceError(error, 'cancelled'));
    await Promise.all(kept);
    assert.equal(await readFile(path, 'utf8'), 'a b c ');
    await assert.rejects(counter.count('x', 'o200k_base', { signal: abort.signal }), (error) =>
      isSourceError(error, 'cancelled'),
    );
  });

  it('starts another worker when one dies, and finishes what it was doing', async () => {
    const counter = open();
    const [order] = await Promise.all([
      counter.count(`crash once|${join(folder, 'crashed')}`, 'o200k_base'),
      counter.count('beside', 'o200k_base'),
    ]);
    assert.equal(order, `crash once|${join(folder, 'crashed')}`.length);
  });

  it('gives up on what keeps killing workers with an error, and goes on with the rest', async () => {
    const counter = open();
    await assert.rejects(
      counter.count('crash always', 'o200k_base'),
      (error) => error instanceof UserError && error.nextStep !== '' && error.cause instanceof Error,
    );
    assert.equal(await counter.count('four', 'o200k_base'), 4);
  });

  it('passes a refusal on with its next step', async () => {
    await assert.rejects(
      open().count('refuse', 'o200k_base'),
      (error) => error instanceof UserError && error.message === 'Refused.' && error.nextStep === 'Ask nicely.',
    );
  });

  it('says so when the worker or its tables are missing', async () => {
    await assert.rejects(open({ workerFile: join(folder, 'absent.js') }).count('x', 'o200k_base'), UserError);
    await assert.rejects(
      open({ workerFile: realWorker, tablesFolder: join(folder, 'absent') }).count('x', 'o200k_base'),
      (error) => error instanceof UserError && error.message.includes('token table'),
    );
  });

  it('ends an idle worker and starts another one when there is work again', async () => {
    const counter = open({ idleMs: 1 });
    const first = await counter.count('thread', 'o200k_base');
    while (counter.isRunning) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const next = await counter.count('thread', 'o200k_base');
    assert.ok(next > first);
  });

  it('refuses work after its end, and what it had not finished', async () => {
    const counter = open();
    const pending = counter.count('x', 'o200k_base');
    counter.dispose();
    await assert.rejects(pending, (error) => isSourceError(error, 'cancelled'));
    await assert.rejects(counter.count('y', 'o200k_base'), (error) => isSourceError(error, 'cancelled'));
  });
});
