import type { Finding } from '../../findings';
import type { CacheSnapshot } from '../model';
import { checkEntry } from './entryChecks';
import { checkScope } from './scopeChecks';
import { checkSeedFlag } from './seedFlagCheck';
import { checkSummaries } from './summaryCheck';
import type { SourceFiles } from './summaryCheck';

/** What the checks look at: a snapshot without the findings. */
export type CheckedSnapshot = Omit<CacheSnapshot, 'findings'>;

/**
 * Runs every check over a snapshot.
 * @param library fingerprints of the instructions by tag
 * @param sourceFiles the files that summaries name, as they are now
 */
export function findProblems(
  snapshot: CheckedSnapshot,
  library: ReadonlyMap<string, string>,
  sourceFiles: SourceFiles,
): readonly Finding[] {
  return [
    ...snapshot.scopes.flatMap((scope) => [...checkScope(scope), ...scope.entries.flatMap(checkEntry)]),
    ...checkSeedFlag(snapshot, library),
    ...checkSummaries(snapshot, sourceFiles),
  ];
}
