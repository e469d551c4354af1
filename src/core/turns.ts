import { throwIfCancelled } from './errors';

/** What a thread's turns depend on; tests give their own. */
export interface TurnSource {
  /** Milliseconds, never going back. */
  readonly now: () => number;
  /** Calls back when everybody else who waits for the thread had a turn. */
  readonly inNextTurn: (callback: () => void) => void;
}

const eventLoop: TurnSource = {
  now: () => performance.now(),
  inNextTurn: (callback) => {
    // Immediates run at the end of the turn in which they are set by an event: only the second is in a later one.
    setImmediate(() => {
      setImmediate(callback);
    });
  },
};

/** Milliseconds of work of all callers together in one turn. */
const defaultBudgetMs = 2;

/**
 * Divides long work into turns of the event loop, for a thread that others wait for. All callers share one budget: many
 * that each work for a few milliseconds only would hold the thread up together. Those that wait go on one in each turn,
 * visible work first.
 */
export class Turns {
  readonly #source: TurnSource;
  readonly #budgetMs: number;
  readonly #waiting: Readonly<Record<'visible' | 'background', (() => void)[]>> = { visible: [], background: [] };
  /** When work began in this turn; undefined while there was none. */
  #beganMs: number | undefined;

  constructor(budgetMs = defaultBudgetMs, source = eventLoop) {
    this.#budgetMs = budgetMs;
    this.#source = source;
  }

  /** Whether a caller should {@link next} before it works on. Looked at often: between pieces of well under a millisecond. */
  get isSpent(): boolean {
    if (this.#beganMs === undefined) {
      this.#begin();
      return false;
    }
    return this.#source.now() - this.#beganMs >= this.#budgetMs;
  }

  /** Resolves in a later turn, in which there is time again. */
  async next(priority: 'visible' | 'background' = 'background'): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[priority].push(resolve);
      if (this.#beganMs === undefined) {
        this.#begin();
      }
    });
  }

  #begin(): void {
    this.#beganMs = this.#source.now();
    this.#source.inNextTurn(() => {
      this.#beganMs = undefined;
      const resume = this.#waiting.visible.shift() ?? this.#waiting.background.shift();
      if (resume !== undefined) {
        this.#begin();
        resume();
      }
    });
  }
}

export interface TurnOptions {
  readonly signal?: AbortSignal | undefined;
  /** Unless given, the thread is the caller's own and nothing is waited for. */
  readonly turns?: Turns | undefined;
}

/**
 * Stands between the pieces of long work: goes on at once while there is time, else in a later turn.
 * @throws SourceError `cancelled` when the signal has been aborted
 */
export async function takeTurn({ signal, turns }: TurnOptions, priority?: 'visible' | 'background'): Promise<void> {
  if (turns?.isSpent === true) {
    await turns.next(priority);
  }
  throwIfCancelled(signal);
}

/** Does work that yields between its pieces, each in a turn in which there is time. */
export async function inTurns<Result>(
  work: Iterator<void, Result, void>,
  options: TurnOptions,
  priority?: 'visible' | 'background',
): Promise<Result> {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) {
      return step.value;
    }
    await takeTurn(options, priority);
  }
}

/** What comes of work that yields between its pieces, at once. */
export function atOnce<Result>(work: Iterator<void, Result, void>): Result {
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) {
      return step.value;
    }
  }
}
