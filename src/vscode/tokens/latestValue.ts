/** A value that may take its time: only the one that was asked for last arrives, and those before are cancelled. */
export class LatestValue<Value> {
  private abort: AbortController | undefined;

  /**
   * @param ask gives the value at once, or later; its signal is aborted when another value is asked for
   * @param arrive is called with a value that came later
   * @param fail is called when that failed
   * @returns the value, or that it is on its way
   */
  take(
    ask: (signal: AbortSignal) => Value | Promise<Value> | undefined,
    arrive: (value: Value) => void,
    fail: (error: unknown) => void,
  ): Value | 'counting' | undefined {
    this.drop();
    const abort = new AbortController();
    const answer = ask(abort.signal);
    if (!(answer instanceof Promise)) {
      return answer;
    }
    this.abort = abort;
    const { signal } = abort;
    answer.then(
      (value) => {
        if (!signal.aborted) {
          arrive(value);
        }
      },
      (error: unknown) => {
        if (!signal.aborted) {
          fail(error);
        }
      },
    );
    return 'counting';
  }

  /** Whatever is on its way is not wanted any more. */
  drop(): void {
    this.abort?.abort();
    this.abort = undefined;
  }

  dispose(): void {
    this.drop();
  }
}
