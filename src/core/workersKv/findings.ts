import type { Finding } from '../findings';
import { versionKeyIsCut } from './entryKeys';
import { kvLimits } from './limits';
import type { KvEntry, KvSnapshot } from './model';

/** Metadata that fills so much of its limit is close to being refused at its next write. */
const nearLimit = 0.9;

/** What is wrong in a cache of Workers KV: the worst first, then in the order of the keys. */
export function kvFindings(snapshot: KvSnapshot): readonly Finding[] {
  const found = [
    ...snapshot.entries.flatMap((entry) => entryFindings(entry, snapshot)),
    ...orphanFindings(snapshot),
    ...sharedVersions(snapshot),
    ...unusedVersions(snapshot),
  ];
  const rank = { error: 0, warning: 1, information: 2 } as const;
  return found
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => rank[a.finding.severity] - rank[b.finding.severity] || a.index - b.index)
    .map(({ finding }) => finding);
}

function entryFindings(entry: KvEntry, { takenMs }: KvSnapshot): Finding[] {
  const { key, states } = entry;
  const named = JSON.stringify(key);
  const found: Finding[] = entry.chunkProblems.map((problem) => ({
    id: 'broken-manifest',
    severity: 'error',
    message: `The chunks of ${named} are not what its manifest says. ${problem}`,
    fix: 'Purge the entry, so that it is made again.',
    key,
  }));
  if (states.includes('expired')) {
    found.push({
      id: 'expired',
      severity: 'warning',
      message: `${named} expired ${agoText(takenMs - entry.expiresMs!)} ago; Workers KV keeps it all the same.`,
      fix: 'Prune the expired entries.',
      key,
    });
  }
  if (states.includes('stale')) {
    found.push({
      id: 'version-drift',
      severity: 'warning',
      message: `${named} is of version ${entry.entryVersion!}; the current one is ${entry.version!.version!}.`,
      fix: 'Purge the entry, or wait until it is asked for and made again.',
      key,
    });
  }
  if (entry.version !== undefined && entry.version.version === undefined) {
    found.push({
      id: 'unreadable-version',
      severity: 'warning',
      message: `The version record of ${named} has no number.`,
      fix: 'Bump the version of the entry.',
      key,
    });
  }
  const metadataBytes = entry.metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(entry.metadata));
  if (metadataBytes > kvLimits.metadataBytes * nearLimit) {
    const over = metadataBytes > kvLimits.metadataBytes;
    found.push({
      id: 'metadata-limit',
      severity: over ? 'error' : 'warning',
      message: `The metadata of ${named} is ${metadataBytes} bytes; Workers KV takes ${kvLimits.metadataBytes}.`,
      fix: over ? 'Shorten its tags and custom data.' : 'Shorten its tags and custom data before they grow.',
      key,
    });
  }
  if (entry.chunks === undefined && (entry.sizeBytes ?? 0) > kvLimits.valueBytes) {
    found.push({
      id: 'value-limit',
      severity: 'error',
      message: `${named} says it is ${entry.sizeBytes!} bytes in one piece; Workers KV takes ${kvLimits.valueBytes}.`,
      fix: 'Purge the entry: its value can’t be whole.',
      key,
    });
  }
  return found;
}

function orphanFindings({ orphanChunks }: KvSnapshot): Finding[] {
  const byEntry = new Map<string, { count: number; bytes: number }>();
  for (const { entryKey, sizeBytes } of orphanChunks) {
    const sum = byEntry.get(entryKey) ?? { count: 0, bytes: 0 };
    byEntry.set(entryKey, { count: sum.count + 1, bytes: sum.bytes + (sizeBytes ?? 0) });
  }
  return [...byEntry].map(([key, { count, bytes }]) => ({
    id: 'orphan-chunk',
    severity: 'warning',
    message: `${count === 1 ? 'A chunk' : `${count} chunks`} of ${JSON.stringify(key)} (${bytes} bytes) belong${count === 1 ? 's' : ''} to no manifest.`,
    fix: 'Purge the orphan chunks.',
    key,
  }));
}

/** Entries whose version keys are the same, so that bumping one bumps the others. */
function sharedVersions({ entries, versions }: KvSnapshot): Finding[] {
  if (versions === undefined) {
    return [];
  }
  const byVersion = new Map<string, string[]>();
  for (const { key, versionKey } of entries) {
    byVersion.set(versionKey, [...(byVersion.get(versionKey) ?? []), key]);
  }
  return [...byVersion.values()]
    .filter((keys) => keys.length > 1)
    .map((keys) => ({
      id: 'shared-version',
      severity: 'information',
      message: `${keys.length} entries share one version record${keys.some(versionKeyIsCut) ? ', as their keys are cut' : ''}: ${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ', …' : ''}.`,
      fix: 'Bumping one of them bumps all.',
      key: keys[0]!,
    }));
}

function unusedVersions({ entries, versions }: KvSnapshot): Finding[] {
  const used = new Set(entries.map(({ versionKey }) => versionKey));
  const unused = [...(versions?.keys() ?? [])].filter((key) => !used.has(key)).sort();
  return unused.length === 0
    ? []
    : [
        {
          id: 'unused-version',
          severity: 'information',
          message: `${unused.length} version record${unused.length === 1 ? ' has' : 's have'} no entry: ${unused.slice(0, 3).join(', ')}${unused.length > 3 ? ', …' : ''}.`,
          fix: 'Keep them: they say which version comes next.',
          key: unused[0]!,
        },
      ];
}

function agoText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
