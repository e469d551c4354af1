/** Prints one line of progress: test tooling talks to a terminal, so it has no logger. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a script's main function and turns a failure into one readable line and exit code 1. */
export function runMain(main: () => Promise<number>): void {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const shown = error instanceof StepError ? error.message : error instanceof Error ? error.stack : String(error);
      process.stderr.write(`\n${shown ?? 'Unknown error'}\n`);
      process.exitCode = 1;
    },
  );
}

/** A failure whose message already says what to do next, so that no stack trace is needed. */
export class StepError extends Error {
  override readonly name = 'StepError';
}
