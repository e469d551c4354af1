import assert from 'node:assert/strict';
import { Turns, takeTurn } from '../../src/core/turns';

/** A thread whose clock goes on only with the work that the tests do, and whose turns come when they say so. */
class Thread {
  nowMs = 0;
  readonly #next: (() => void)[] = [];
  readonly turns = new Turns(4, {
    now: () => this.nowMs,
    inNextTurn: (callback) => {
      this.#next.push(callback);
    },
  });

  /** Another turn, with everything that follows in it at once; false when nothing waits for one. */
  async turn(): Promise<boolean> {
    const callbacks = this.#next.splice(0);
    for (const callback of callbacks) {
      callback();
      await settled();
    }
    return callbacks.length > 0;
  }
}

/** Long enough for every promise that can settle without another turn. */
async function settled(): Promise<void> {
  for (let round = 0; round < 100; round++) {
    await Promise.resolve();
  }
}

describe('turns of the event loop', () => {
  it('are shared by all who work in them: no more than the budget in each, and a piece of each worker', async () => {
    const thread = new Thread();
    const done: number[] = [];
    let inThisTurn = 0;
    const work = async (worker: number): Promise<void> => {
      for (let piece = 0; piece < 10; piece++) {
        await takeTurn({ turns: thread.turns });
        thread.nowMs += 1;
        inThisTurn += 1;
      }
      done.push(worker);
    };
    const workers = [work(1), work(2), work(3)];
    await settled();
    const perTurn: number[] = [];
    do {
      perTurn.push(inThisTurn);
      inThisTurn = 0;
    } while (await thread.turn());
    await Promise.all(workers);
    assert.equal(
      perTurn.reduce((sum, pieces) => sum + pieces, 0),
      30,
    );
    // Each may have begun a piece when the last of the budget went.
    assert.ok(Math.max(...perTurn) < 4 + workers.length, `pieces in each turn: ${perTurn.join(' ')}`);
    assert.deepEqual(done.toSorted(), [1, 2, 3]);
  });

  it('go to visible work before what waits in the background', async () => {
    const thread = new Thread();
    const order: string[] = [];
    assert.equal(thread.turns.isSpent, false);
    thread.nowMs += 4;
    assert.equal(thread.turns.isSpent, true);
    void thread.turns.next('background').then(() => order.push('background'));
    void thread.turns.next('visible').then(() => order.push('visible'));
    await thread.turn();
    assert.deepEqual(order, ['visible']);
    await thread.turn();
    assert.deepEqual(order, ['visible', 'background']);
  });

  it('begin anew when the event loop came round', async () => {
    const thread = new Thread();
    assert.equal(thread.turns.isSpent, false);
    thread.nowMs += 10;
    assert.equal(thread.turns.isSpent, true);
    await thread.turn();
    assert.equal(thread.turns.isSpent, false);
  });

  it('are not waited for on a thread of its own', async () => {
    await takeTurn({});
  });

  it('end with the signal', async () => {
    await assert.rejects(takeTurn({ signal: AbortSignal.abort() }), { code: 'cancelled' });
  });
});
