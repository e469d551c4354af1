import assert from 'node:assert/strict';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { IncrementalDocument } from '../../../src/core/tokens/document';
import { LatestValue } from '../../../src/vscode/tokens/latestValue';
import { countRanges } from '../../../src/vscode/tokens/rangeTokens';

const counter = createTokenCounter();

async function open(text: string): Promise<IncrementalDocument> {
  return IncrementalDocument.open(text, await counter.encoder('o200k_base'));
}

/** A worker that notes what it is given. */
function createWorker(): { texts: string[]; count: (texts: readonly string[]) => Promise<number[]> } {
  const texts: string[] = [];
  return {
    texts,
    count: async (given) => {
      texts.push(...given);
      return counter.countAll(given, 'o200k_base');
    },
  };
}

describe('tokens of a selection', () => {
  it('of ordinary text are there at once, however much is selected', async () => {
    const text = 'A line of ordinary text.\n'.repeat(20_000);
    const worker = createWorker();
    const tokens = countRanges(await open(text), [[3, text.length - 5]], worker.count);
    assert.equal(tokens, await counter.count(text.slice(3, -5), 'o200k_base'));
    assert.deepEqual(worker.texts, []);
  });

  it('of a long run that can not be cut go to the worker', async () => {
    const text = `begin ${'a'.repeat(200_000)} end`;
    const worker = createWorker();
    const tokens = countRanges(await open(text), [[100, 150_100]], worker.count);
    assert.ok(tokens instanceof Promise);
    assert.equal(await tokens, await counter.count('a'.repeat(150_000), 'o200k_base'));
    assert.deepEqual(
      worker.texts.map(({ length }) => length),
      [150_000],
    );
  });

  it('of very many cursors go to the worker as far as they are too many for one moment', async () => {
    const text = 'A line of ordinary text.\n'.repeat(20_000);
    const ranges = Array.from({ length: 5000 }, (_, line) => [line * 100, line * 100 + 60] as const);
    const worker = createWorker();
    const tokens = await countRanges(await open(text), ranges, worker.count);
    const all = await counter.countAll(
      ranges.map(([start, end]) => text.slice(start, end)),
      'o200k_base',
    );
    assert.equal(
      tokens,
      all.reduce((sum, count) => sum + count, 0),
    );
    const here = (ranges.length - worker.texts.length) * 60;
    assert.ok(here > 0 && here <= 65_536, `${here} characters were counted at once`);
  });

  it('that are still on their way are cancelled by the next selection, and never arrive', async () => {
    const latest = new LatestValue<number>();
    const signals: AbortSignal[] = [];
    const arrived: number[] = [];
    const failed: unknown[] = [];
    const pending: ((tokens: number) => void)[] = [];
    const select = (): number | 'counting' | undefined =>
      latest.take(
        async (signal) => {
          signals.push(signal);
          return new Promise((resolve) => {
            pending.push(resolve);
          });
        },
        (tokens) => arrived.push(tokens),
        (error) => failed.push(error),
      );
    assert.equal(select(), 'counting');
    assert.equal(select(), 'counting');
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
    pending[1]!(2);
    pending[0]!(1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(arrived, [2]);
    assert.equal(
      latest.take(
        () => 3,
        () => undefined,
        () => undefined,
      ),
      3,
    );
    assert.equal(select(), 'counting');
    latest.dispose();
    assert.equal(signals[2]!.aborted, true);
    assert.deepEqual(failed, []);
  });

  it('that can not be counted are told, unless they are not wanted any more', async () => {
    const latest = new LatestValue<number>();
    const failed: unknown[] = [];
    const error = new Error('no worker');
    const fail = (): void => {
      latest.take(
        async () => Promise.reject(error),
        () => undefined,
        (given) => failed.push(given),
      );
    };
    fail();
    fail();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(failed, [error]);
  });
});
