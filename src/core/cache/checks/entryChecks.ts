import type { Finding } from '../../findings';
import { fingerprintOfSha256 } from '../fingerprint';
import type { CacheEntry } from '../model';
import { derivedPath } from '../scopes';

/** What is wrong with one entry by itself. */
export function checkEntry(entry: CacheEntry): readonly Finding[] {
  return [...checkFile(entry), ...checkPlace(entry), ...checkFields(entry)];
}

function checkFile(entry: CacheEntry): readonly Finding[] {
  const { scope, key } = entry;
  if (entry.states.includes('orphan')) {
    return [
      {
        id: 'orphan',
        severity: 'warning',
        scope,
        key,
        message: `The value '${key}' in '${scope}' has no index entry, so agents don't find it.`,
        fix: 'Repair the index to list it again, or prune it.',
      },
    ];
  }
  const findings: Finding[] = [];
  if (entry.states.includes('missing')) {
    findings.push({
      id: 'missing',
      severity: 'error',
      scope,
      key,
      message: `The index of '${scope}' lists '${key}', but there is no such file: agents fail to read it.`,
      fix: 'Restore an earlier version, or repair the index to drop the entry.',
    });
  }
  if (entry.states.includes('corrupt') && entry.contentSha256 !== undefined) {
    const actual = fingerprintOfSha256(entry.contentSha256);
    findings.push({
      id: 'corrupt',
      severity: 'error',
      scope,
      key,
      message: `The value '${key}' in '${scope}' has the fingerprint ${actual} instead of ${entry.fingerprint ?? 'none'}.`,
      fix: 'Restore an earlier version, or repair the index if the new content is right.',
    });
  }
  if (entry.fileBytes !== undefined && entry.fileBytes !== entry.sizeBytes) {
    findings.push({
      id: 'size-mismatch',
      severity: 'warning',
      scope,
      key,
      message: `The value '${key}' in '${scope}' has ${entry.fileBytes} bytes; its index entry says ${entry.sizeBytes}.`,
      fix: 'Repair the index.',
    });
  }
  return findings;
}

function checkPlace(entry: CacheEntry): readonly Finding[] {
  if (!entry.states.includes('foreign')) {
    return [];
  }
  const { scope, key } = entry;
  const derived = derivedPath(scope, key);
  const reason =
    entry.path === derived
      ? `has no regular file of its own in the scope`
      : `points to '${entry.path}' instead of '${derived}'`;
  return [
    {
      id: 'foreign-path',
      severity: 'error',
      scope,
      key,
      message: `The entry '${key}' in '${scope}' ${reason}; agents trust that path when they read and delete.`,
      fix: 'Repair the index, or invalidate the entry.',
    },
  ];
}

function checkFields(entry: CacheEntry): readonly Finding[] {
  const problems = entry.problems ?? [];
  if (problems.length === 0) {
    return [];
  }
  const { scope, key } = entry;
  const texts = problems.map(({ text }) => text).join('; ');
  // The fields that only newer readers know do not stop the original one.
  const harmless = problems.every(({ field }) => ['updated_at', 'tags', 'version'].includes(field));
  return [
    {
      id: 'bad-timestamp',
      severity: harmless ? 'warning' : 'error',
      scope,
      key,
      message: harmless
        ? `The entry '${key}' in '${scope}' is damaged: ${texts}.`
        : `The entry '${key}' makes the whole scope '${scope}' unreadable for agents: ${texts}.`,
      fix: 'Repair the index.',
    },
  ];
}
