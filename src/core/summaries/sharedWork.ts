import { throwIfCancelled } from '../errors';

interface Running<Result> {
  readonly result: Promise<Result>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Work that several callers want at once and that is done once. A caller that is cancelled leaves the others their
 * result; the work itself stops when nobody waits for it any more.
 */
export class SharedWork<Result> {
  readonly #running = new Map<string, Running<Result>>();

  /** The result, and whether another caller had started the work already. */
  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<{ readonly result: Result; readonly shared: boolean }> {
    throwIfCancelled(signal);
    const known = this.#running.get(key);
    const running = known ?? this.#start(key, work);
    running.waiting += 1;
    let leave: (() => void) | undefined;
    try {
      const cancelled = new Promise<never>((_, reject) => {
        leave = () => {
          try {
            throwIfCancelled(signal);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        signal?.addEventListener('abort', leave, { once: true });
      });
      return { result: await Promise.race([running.result, cancelled]), shared: known !== undefined };
    } finally {
      if (leave !== undefined) {
        signal?.removeEventListener('abort', leave);
      }
      running.waiting -= 1;
      if (running.waiting === 0) {
        // Who comes now must not join work that is being stopped.
        this.#forget(key, running.abort);
        running.abort.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Running<Result> {
    const abort = new AbortController();
    const result = work(abort.signal).finally(() => {
      this.#forget(key, abort);
    });
    // Whoever waits gets the error; nobody may be waiting any more.
    result.catch(() => undefined);
    const running: Running<Result> = { result, abort, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }

  #forget(key: string, abort: AbortController): void {
    if (this.#running.get(key)?.abort === abort) {
      this.#running.delete(key);
    }
  }
}
