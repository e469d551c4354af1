import type { Finding } from '../../findings';
import { fingerprintOfSha256 } from '../fingerprint';
import { originalKeyOfTag, sanitizeKey } from '../keys';
import type { CacheEntry, CacheSnapshot } from '../model';

/**
 * With the seed flag present the original never seeds again, so an instruction that it says is there, and is not,
 * stays away.
 */
export function checkSeedFlag(
  snapshot: Omit<CacheSnapshot, 'findings'>,
  library: ReadonlyMap<string, string>,
): readonly Finding[] {
  const instructions = snapshot.scopes.find(({ scope }) => scope === 'instructions');
  if (snapshot.seedFlag === undefined || instructions === undefined || instructions.problem !== undefined) {
    return [];
  }
  const entries = new Map(instructions.entries.map((entry) => [entry.key, entry]));
  const findings: Finding[] = [];
  for (const [tag, seeded] of Object.entries(snapshot.seedFlag.results)) {
    const key = seeded ? keyOf(tag) : undefined;
    const reason = key === undefined ? undefined : doubt(entries.get(key), library.get(tag));
    if (key !== undefined && reason !== undefined) {
      findings.push({
        id: 'seed-flag',
        severity: 'warning',
        scope: 'instructions',
        key,
        message: `The seed flag says that '${tag}' is there, but ${reason}; the agent will not seed it again.`,
        fix: 'Seed the instructions again.',
      });
    }
  }
  return findings;
}

function keyOf(tag: string): string | undefined {
  try {
    return sanitizeKey(originalKeyOfTag(tag));
  } catch {
    return undefined;
  }
}

function doubt(entry: CacheEntry | undefined, current: string | undefined): string | undefined {
  if (entry === undefined || entry.states.includes('missing')) {
    return 'it is missing';
  }
  if (entry.states.includes('orphan')) {
    return 'it has no index entry';
  }
  if (entry.states.includes('expired')) {
    return 'it has expired';
  }
  const actual = entry.contentSha256 === undefined ? entry.fingerprint : fingerprintOfSha256(entry.contentSha256);
  return current !== undefined && actual !== current ? 'it differs from its source file' : undefined;
}
