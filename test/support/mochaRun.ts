import { format } from 'node:util';
import type MochaClass from 'mocha';
import type { Results } from './results';

/** What to run and how. */
export interface MochaRunOptions {
  readonly files: readonly string[];
  /** Runs only tests whose full title contains this text. */
  readonly grep?: string | undefined;
  readonly timeoutMs: number;
  /** Where the report goes, one or more lines at a time. */
  readonly print: (text: string) => void;
  readonly rootHooks?: MochaClass.RootHookObject;
}

/**
 * Runs test files with mocha inside this process. The class is handed in because the extension host has to find it
 * by another path than Node does.
 */
export async function runMocha(Mocha: typeof MochaClass, options: MochaRunOptions): Promise<Results> {
  Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
    options.print(format(...parts));
  };
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: options.timeoutMs,
    forbidOnly: true,
    color: process.stdout.isTTY,
    ...(options.grep === undefined ? {} : { fgrep: options.grep }),
    ...(options.rootHooks === undefined ? {} : { rootHooks: options.rootHooks }),
  });
  for (const file of options.files) {
    mocha.addFile(file);
  }
  return new Promise((resolve) => {
    const runner = mocha.run((failed) => {
      const { passes = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed, skipped: pending });
    });
  });
}
