import type { CacheSnapshot } from '../../core/cache/model';

/** Scopes that could not be read this time keep the rows of the time before, beside the reason. */
export function keepGoodScopes(before: CacheSnapshot | undefined, now: CacheSnapshot): CacheSnapshot {
  return {
    ...now,
    scopes: now.scopes.map((scope) => {
      if (scope.problem === undefined) {
        return scope;
      }
      const good = before?.scopes.find((candidate) => candidate.scope === scope.scope);
      return good === undefined
        ? scope
        : { ...scope, entries: good.entries, usedBytes: good.usedBytes, problem: scope.problem };
    }),
  };
}
