import type { Finding } from '../../findings';
import { foldKey, sanitizeKey } from '../keys';
import type { CacheEntry, ScopeSnapshot } from '../model';

const fullShare = 0.8;

/** What is wrong with a scope as a whole, and between its entries. */
export function checkScope(scope: ScopeSnapshot): readonly Finding[] {
  return [
    ...checkReadable(scope),
    ...checkExpired(scope),
    ...checkQuota(scope),
    ...checkCollisions(scope),
    ...checkDuplicates(scope),
  ];
}

function checkReadable(scope: ScopeSnapshot): readonly Finding[] {
  if (scope.problem === undefined) {
    return [];
  }
  const files = scope.files ?? [];
  const rest =
    files.length === 0
      ? ''
      : ` ${files.length === 1 ? 'One entry' : `${files.length} entries`} could be rebuilt from the files: ${nameSome(files.map(({ name }) => name))}.`;
  return [
    {
      id: 'unreadable-index',
      severity: 'error',
      scope: scope.scope,
      message: `${scope.problem} Agents take the scope for empty, and their next write wipes its index.${rest}`,
      fix:
        files.length === 0
          ? `Put the folder '${scope.scope}' right by hand.`
          : 'Repair the index; its plan shows what will be rebuilt.',
    },
  ];
}

function checkExpired(scope: ScopeSnapshot): readonly Finding[] {
  const expired = scope.entries.filter(({ states }) => states.includes('expired'));
  if (expired.length === 0) {
    return [];
  }
  const bytes = expired.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const [subject, verb] =
    expired.length === 1 ? ['One expired entry', 'holds'] : [`${expired.length} expired entries`, 'hold'];
  return [
    {
      id: 'expired',
      severity: 'information',
      scope: scope.scope,
      message: `${subject} of '${scope.scope}' still ${verb} ${bytes} bytes: ${nameSome(expired.map(({ key }) => key))}.`,
      fix: 'Prune expired entries.',
    },
  ];
}

function checkQuota(scope: ScopeSnapshot): readonly Finding[] {
  const findings: Finding[] = [];
  const share = scope.usedBytes / scope.quotaBytes;
  if (share > fullShare) {
    const over = share > 1;
    findings.push({
      id: 'quota',
      severity: over ? 'error' : 'warning',
      scope: scope.scope,
      message: `'${scope.scope}' uses ${Math.floor(share * 100)} % of its quota (${scope.usedBytes} of ${scope.quotaBytes} bytes)${over ? '; agents can no longer write to it' : ''}.`,
      fix: 'Prune expired entries, or invalidate what is no longer needed.',
    });
  }
  for (const { key, sizeBytes, fileBytes } of scope.entries) {
    const size = Math.max(sizeBytes, fileBytes ?? 0);
    if (size > scope.quotaBytes) {
      findings.push({
        id: 'quota',
        severity: 'error',
        scope: scope.scope,
        key,
        message: `The value '${key}' alone is larger (${size} bytes) than the quota of '${scope.scope}' (${scope.quotaBytes} bytes).`,
        fix: 'Invalidate it, or keep it in a scope with a larger quota.',
      });
    }
  }
  return findings;
}

function checkCollisions(scope: ScopeSnapshot): readonly Finding[] {
  const findings: Finding[] = [];
  const sameKey = new Map<string, CacheEntry>();
  const sameName = new Map<string, CacheEntry>();
  for (const entry of scope.entries) {
    const { key, originalKey } = entry;
    const derived = derivedKey(originalKey);
    if (derived !== undefined && derived !== key && originalKey !== key) {
      findings.push(collision(scope, key, `belongs to the key '${originalKey}', which is kept as '${derived}'`));
    }
    const original = entry.states.includes('orphan') ? undefined : sameKey.get(originalKey);
    if (original !== undefined) {
      findings.push(collision(scope, key, `has the same original key as '${original.key}'`));
    }
    const similar = sameName.get(foldKey(key));
    if (similar !== undefined) {
      findings.push(
        collision(scope, key, `differs from '${similar.key}' only by case or Unicode form: one file on some systems`),
      );
    }
    if (!entry.states.includes('orphan')) {
      sameKey.set(originalKey, original ?? entry);
    }
    sameName.set(foldKey(key), similar ?? entry);
  }
  return findings;
}

/** undefined where the original writer refuses the key. */
function derivedKey(originalKey: string): string | undefined {
  try {
    return sanitizeKey(originalKey);
  } catch {
    return undefined;
  }
}

function collision(scope: ScopeSnapshot, key: string, reason: string): Finding {
  return {
    id: 'key-collision',
    severity: 'warning',
    scope: scope.scope,
    key,
    message: `The entry '${key}' in '${scope.scope}' ${reason}.`,
    fix: 'Invalidate one of them, and let the agent use another key.',
  };
}

function checkDuplicates(scope: ScopeSnapshot): readonly Finding[] {
  if (scope.scope !== 'artifacts') {
    return [];
  }
  const first = new Map<string, CacheEntry>();
  const findings: Finding[] = [];
  for (const entry of scope.entries) {
    const content = entry.contentSha256?.slice(0, 16) ?? entry.fingerprint;
    if (content === undefined || entry.fileBytes === undefined || entry.fileBytes === 0) {
      continue;
    }
    const identity = `${content}:${entry.fileBytes}`;
    const original = first.get(identity);
    if (original === undefined) {
      first.set(identity, entry);
      continue;
    }
    findings.push({
      id: 'duplicate',
      severity: 'information',
      scope: scope.scope,
      key: entry.key,
      message: `The artifact '${entry.key}' repeats the ${entry.fileBytes} bytes of '${original.key}'.`,
      fix: 'Invalidate one of them.',
    });
  }
  return findings;
}

const namedAtMost = 5;

function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, namedAtMost).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
