import type { ScopeName } from './model';
import { scopeNames } from './model';

const bytesPerMiB = 1024 * 1024;

/** What the original writer allows a scope. */
export interface ScopeRules {
  readonly scope: ScopeName;
  readonly defaultTtlHours: number;
  readonly quotaBytes: number;
}

const rules: Readonly<Record<ScopeName, ScopeRules>> = {
  system: { scope: 'system', defaultTtlHours: 168, quotaBytes: 10 * bytesPerMiB },
  instructions: { scope: 'instructions', defaultTtlHours: 168, quotaBytes: 5 * bytesPerMiB },
  project: { scope: 'project', defaultTtlHours: 72, quotaBytes: 20 * bytesPerMiB },
  task: { scope: 'task', defaultTtlHours: 24, quotaBytes: 100 * bytesPerMiB },
  artifacts: { scope: 'artifacts', defaultTtlHours: 48, quotaBytes: 200 * bytesPerMiB },
};

/** The largest value that the original writer takes, in bytes. */
export const maxValueBytes = 50 * bytesPerMiB;

/** Where agents see the cache; the index records paths below it. */
const sandboxCacheRoot = '/workspace/.iris/kv-cache';

export const seedFlagName = '.instructions_seeded.json';

export function rulesOf(scope: ScopeName): ScopeRules {
  return rules[scope];
}

export function isScopeName(name: string): name is ScopeName {
  return (scopeNames as readonly string[]).includes(name);
}

/** The only `path` that an index entry may have. */
export function derivedPath(scope: ScopeName, key: string): string {
  return `${sandboxCacheRoot}/${scope}/${key}`;
}

/** The content type that the original writer gives a key of its own making. */
export function defaultContentType(scope: ScopeName, key: string): string {
  const markdown = scope === 'instructions' || (scope === 'project' && key === 'summary');
  return markdown ? 'text/markdown' : 'text/plain';
}
