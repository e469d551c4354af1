/** Figures that tests measure, for the tables in the documents: `npm run figures:sandboxes` asks for them. */
import { appendFileSync, readFileSync } from 'node:fs';

/** What a fault did to a cache, over so many tries. */
export interface FaultFigures {
  readonly fault: string;
  readonly tries: number;
  /** Changes that were said to be done. */
  readonly acknowledged: number;
  /** Changes that were said to have failed. */
  readonly reported: number;
  /** Changes that were said to be done and are gone. */
  readonly lost: number;
  /** Times at which the original could not have read the cache. */
  readonly unreadable: number;
  /** Changes of others, who take no lock, and how many of those are gone. */
  readonly others?: number;
  readonly othersLost?: number;
}

const fileVariable = 'CONTEXT_CACHE_FIGURES';

/** Whether figures are asked for: then a test tries more often than it does to find a mistake. */
export const figuresWanted = process.env[fileVariable] !== undefined;

export function recordFigures(figures: FaultFigures): void {
  const file = process.env[fileVariable];
  if (file !== undefined) {
    appendFileSync(file, `${JSON.stringify(figures)}\n`);
  }
}

export function readFigures(file: string): readonly FaultFigures[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FaultFigures);
}
