import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { outFolder } from './places';
import { say } from './say';

/** What one test level came to. */
export interface Results {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const noResults: Results = { passed: 0, failed: 0, skipped: 0 };

export function addResults(all: readonly Results[]): Results {
  return all.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    noResults,
  );
}

/** Such as `12 passed, 0 failed, 1 skipped`; nothing is said of skipped tests when there are none. */
export function describeResults({ passed, failed, skipped }: Results): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Where a level leaves its results for the run of all levels. */
export function resultsFile(level: string): string {
  return path.join(outFolder, 'results', `${level}.json`);
}

/**
 * Prints the results of a level and leaves them for the run of all levels.
 * @returns the exit code: a level without a single test has failed too
 */
export async function finishLevel(level: string, results: Results): Promise<number> {
  const file = resultsFile(level);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(results));
  say(`${level}: ${describeResults(results)}`);
  return results.failed === 0 && results.passed > 0 ? 0 : 1;
}

/** Undefined if no results were left. */
export async function readResults(file: string): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
