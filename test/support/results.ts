import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { outFolder } from './places';

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

/** Writes so that a reader never sees half a file. */
export async function writeResults(file: string, results: Results): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(results));
  await rename(`${file}.new`, file);
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
