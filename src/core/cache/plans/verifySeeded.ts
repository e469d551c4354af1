import type { Finding } from '../../findings';
import type { ContentHistory } from '../history';
import { tagOfKey } from '../keys';
import type { LibraryInstruction } from '../library';
import { seedStatuses } from '../seedStatus';
import type { SeedState, SeedStatus } from '../seedStatus';
import { entriesOf } from './planBuilder';
import type { PlanSource } from './planBuilder';

/** How the library stands in a cache. */
export interface SeedVerification {
  readonly statuses: readonly SeedStatus[];
  /** Seeded instructions that the library does not have. */
  readonly unknownTags: readonly string[];
  /** Empty when every instruction of the library is in the cache as it is. */
  readonly findings: readonly Finding[];
}

const texts: Readonly<Record<Exclude<SeedState, 'current'>, readonly [message: string, fix: string]>> = {
  absent: ['is not in the sandbox', 'Seed the instructions.'],
  missing: ['is in the index, but its file is missing', 'Seed the instructions.'],
  expired: ['has expired', 'Seed the instructions to renew it.'],
  outdated: ['is older than the file in the library', 'Seed the instructions to update it.'],
  changed: ['was changed in the sandbox since it was seeded', 'Compare both, then seed it with force or keep it.'],
  foreign: ['was put by something else than a seeding', 'Compare both, then seed it with force or keep it.'],
};

/** Compares every instruction of the library with what the sandbox holds, byte for byte. Changes nothing. */
export async function verifySeeded(
  source: PlanSource,
  instructions: readonly LibraryInstruction[],
  history: ContentHistory,
): Promise<SeedVerification> {
  const statuses = await seedStatuses(source, instructions, history);
  const known = new Set(statuses.map(({ key }) => key));
  const unknownTags = entriesOf(source.snapshot).flatMap((entry) =>
    entry.scope === 'instructions' && entry.metadata['auto_seeded'] === true && !known.has(entry.key)
      ? (tagOfKey(entry.originalKey) ?? [])
      : [],
  );
  return {
    statuses,
    unknownTags,
    findings: statuses.flatMap((status) => findingOf(status)),
  };
}

function findingOf({ state, key, instruction }: SeedStatus): Finding[] {
  if (state === 'current') {
    return [];
  }
  const [message, fix] = texts[state];
  return [
    {
      id: 'seeded',
      severity: 'warning',
      scope: 'instructions',
      key,
      message: `The instruction '${instruction.tag}' ${message}.`,
      fix,
      path: instruction.location,
    },
  ];
}
