import type { SeedState, SeedStatus } from '../cache/seedStatus';
import type { Finding, Severity } from '../findings';

interface Wording {
  readonly id: 'unseeded-tag' | 'stale-tag';
  readonly severity: Severity;
  readonly is: string;
}

const wordings: Readonly<Record<Exclude<SeedState, 'current'>, Wording>> = {
  absent: { id: 'unseeded-tag', severity: 'warning', is: 'is not in the cache' },
  missing: { id: 'unseeded-tag', severity: 'warning', is: 'is in the index of the cache, but its file is gone' },
  expired: { id: 'stale-tag', severity: 'warning', is: 'has expired in the cache' },
  outdated: { id: 'stale-tag', severity: 'warning', is: 'has changed since it was seeded' },
  changed: { id: 'stale-tag', severity: 'information', is: 'was changed in the cache since it was seeded' },
  foreign: {
    id: 'stale-tag',
    severity: 'information',
    is: 'is in the cache with a text that was not seeded from here',
  },
};

/** How the workspace's library stands in the workspace's cache; nothing for what is in order. */
export function seedFindings(statuses: readonly SeedStatus[]): Finding[] {
  return statuses.flatMap(({ instruction, state, key }): Finding[] => {
    if (state === 'current') {
      return [];
    }
    const { id, severity, is } = wordings[state];
    return [
      {
        id,
        severity,
        message: `The instruction \`${instruction.tag}\` ${is}.`,
        fix: 'Run `context-cache cache seed`.',
        path: instruction.location,
        scope: 'instructions',
        key,
      },
    ];
  });
}
