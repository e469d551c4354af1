import type { CacheSnapshot, ScopeName } from '../../core/cache/model';
import type { Finding, Severity } from '../../core/findings';

const severities: readonly Severity[] = ['error', 'warning', 'information'];

/** The findings of a snapshot by the row that shows them; worst first. */
export interface FindingsByRow {
  readonly all: readonly Finding[];
  ofScope(scope: ScopeName): readonly Finding[];
  ofEntry(scope: ScopeName, key: string): readonly Finding[];
}

const none: FindingsByRow = { all: [], ofScope: () => [], ofEntry: () => [] };

/** Sorts findings once per snapshot, since every row asks for its own. */
export class FindingsIndex {
  readonly #known = new WeakMap<CacheSnapshot, FindingsByRow>();

  of(snapshot: CacheSnapshot | undefined): FindingsByRow {
    if (snapshot === undefined) {
      return none;
    }
    const known = this.#known.get(snapshot);
    if (known !== undefined) {
      return known;
    }
    const all = severities.flatMap((severity) => snapshot.findings.filter((finding) => finding.severity === severity));
    const byPlace = new Map<string, Finding[]>();
    for (const finding of all) {
      for (const place of placesOf(finding)) {
        const ofPlace = byPlace.get(place);
        if (ofPlace === undefined) {
          byPlace.set(place, [finding]);
        } else {
          ofPlace.push(finding);
        }
      }
    }
    const made: FindingsByRow = {
      all,
      ofScope: (scope) => byPlace.get(scope) ?? [],
      ofEntry: (scope, key) => byPlace.get(`${scope}/${key}`) ?? [],
    };
    this.#known.set(snapshot, made);
    return made;
  }
}

function placesOf({ scope, key }: Finding): string[] {
  if (scope === undefined) {
    return [];
  }
  return key === undefined ? [scope] : [scope, `${scope}/${key}`];
}
