/** Runs work that many events ask for: bursts become one run, and there is never more than one at a time. */
export interface SingleFlight {
  /** Asks for a run after the burst has settled. */
  request(): void;
  /** Runs now; a run that is under way already may have missed what the caller did, so another one follows it. */
  run(): Promise<void>;
  dispose(): void;
}

/**
 * @param work aborted by its signal at dispose; it handles its own errors
 * @param settleMs how long a burst must be quiet; a burst that never ends still runs every ten such spans
 */
export function createSingleFlight(work: (signal: AbortSignal) => Promise<void>, settleMs: number): SingleFlight {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let burstStartedMs = 0;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (abort.signal.aborted) {
      return;
    }
    running = work(abort.signal).finally(() => {
      running = undefined;
    });
    return running;
  };

  const run = async (): Promise<void> => {
    if (running === undefined) {
      return start();
    }
    next ??= running.then(
      async () => {
        next = undefined;
        return start();
      },
      async () => {
        next = undefined;
        return start();
      },
    );
    return next;
  };

  return {
    request: () => {
      if (abort.signal.aborted) {
        return;
      }
      const now = Date.now();
      if (timer === undefined) {
        burstStartedMs = now;
      }
      clearTimeout(timer);
      const wait = now - burstStartedMs > 10 * settleMs ? 0 : settleMs;
      timer = setTimeout(() => {
        timer = undefined;
        void run();
      }, wait);
    },
    run,
    dispose: () => {
      clearTimeout(timer);
      abort.abort();
    },
  };
}
