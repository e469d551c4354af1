import { z } from 'zod';
import type { CachePlan } from '../../core/cache/changes';
import type { ScopeName } from '../../core/cache/model';
import { scopeNames } from '../../core/cache/model';
import type { ApplyReport } from '../../core/cache/plan';
import { planInvalidate, planPrune } from '../../core/cache/plans/invalidate';
import type { EntryCriteria } from '../../core/cache/selectEntries';
import { cacheStats } from '../../core/cache/stats';
import type { ScopeStats } from '../../core/cache/stats';
import { AgentError } from '../agentError';
import { scopeInput } from './shapes';
import { defineTool, deletes, reads } from './tool';
import type { ToolContext } from './tool';

const bytesPerMiB = 1024 * 1024;

const statsOutput = z.object({
  total_keys: z.int(),
  active_keys: z.int(),
  expired_keys: z.int(),
  total_size_mb: z.number(),
  quota_mb: z.number(),
  quota_used_percent: z.number(),
  default_ttl_hours: z.number(),
});

export const getCacheStats = defineTool({
  name: 'get_cache_stats',
  title: 'Get cache statistics',
  description: 'Returns entries, bytes and quota of each scope of the sandbox cache.',
  input: z.object({ scope: scopeInput }),
  output: z.object({ stats: z.partialRecord(z.enum(scopeNames), statsOutput) }),
  hints: reads,
  run: async (cache, { scope }) => {
    const all = cacheStats(await cache.snapshot()).filter((stats) => scope === undefined || stats.scope === scope);
    return { stats: Object.fromEntries(all.map((stats) => [stats.scope, originalStats(stats)])) };
  },
});

/** A scope's numbers in the names and units of the original. */
export function originalStats(stats: ScopeStats): z.output<typeof statsOutput> {
  return {
    total_keys: stats.entries,
    active_keys: stats.active,
    expired_keys: stats.expired,
    total_size_mb: stats.bytes / bytesPerMiB,
    quota_mb: stats.quotaBytes / bytesPerMiB,
    quota_used_percent: stats.quotaPercent,
    default_ttl_hours: stats.defaultTtlHours,
  };
}

export const pruneCache = defineTool({
  name: 'prune_cache',
  title: 'Prune cache',
  description: 'Removes expired entries from the sandbox cache. Live entries stay.',
  input: z.object({ scope: scopeInput }),
  output: z.object({
    message: z.string(),
    results: z.partialRecord(z.enum(scopeNames), z.int()),
  }),
  hints: deletes,
  run: async (cache, { scope }) => {
    const report = await cache.apply((source) => planPrune(source, scope === undefined ? {} : { scope }));
    const results = prunedByScope(report, scope);
    const total = Object.values(results).reduce((sum, count) => sum + count, 0);
    return { message: `Pruned ${total} expired entries`, results };
  },
});

/** How many entries of each scope a report says were removed. */
export function prunedByScope(report: ApplyReport, scope?: ScopeName): Partial<Record<ScopeName, number>> {
  const done = report.results.filter(({ outcome }) => outcome === 'done').map(({ id }) => id);
  return Object.fromEntries(
    scopeNames
      .filter((name) => scope === undefined || name === scope)
      .map((name) => [name, done.filter((id) => id.startsWith(`${name}/`)).length]),
  );
}

/** More than this many keys are summed up in the question and in the answer. */
const keysNamed = 20;

export const invalidate = defineTool({
  name: 'invalidate',
  title: 'Invalidate entries',
  description:
    'Removes entries from the sandbox cache: one key, all with a tag, or all whose key matches a pattern. A person is asked first. Removed entries can be restored.',
  input: z.object({
    scope: scopeInput,
    key: z.string().min(1).max(255).optional().describe('The key of one entry. Needs scope.'),
    tag: z.string().min(1).optional().describe('Entries that carry this tag.'),
    pattern: z.string().min(1).optional().describe('A glob over keys, such as "tool_output_*".'),
  }),
  output: z.object({
    message: z.string(),
    count: z.int(),
    keys: z.array(z.string()),
    operation_id: z.string().nullable(),
  }),
  hints: deletes,
  run: async (cache, { scope, key, tag, pattern }, context) => {
    if (key === undefined && tag === undefined && pattern === undefined) {
      throw new AgentError('invalid', 'Nothing was named.', 'Give a key with its scope, a tag, or a pattern.');
    }
    if (key !== undefined && scope === undefined) {
      throw new AgentError('invalid', 'A key needs its scope.', `Give one of ${scopeNames.join(', ')}.`);
    }
    const criteria: EntryCriteria = {
      ...(scope === undefined ? {} : { scope }),
      ...(tag === undefined ? {} : { tag }),
      ...(pattern === undefined ? {} : { pattern }),
    };
    const found = key === undefined ? undefined : (await cache.get(scope!, key)).entry;
    const plan = await cache.plan((source) =>
      planInvalidate(source, found === undefined ? criteria : { entries: [{ scope: found.scope, key: found.key }] }),
    );
    const ids = plan.effects.map(({ id }) => id);
    if (ids.length === 0) {
      return { message: 'Nothing matches', count: 0, keys: [], operation_id: null };
    }
    consent(plan, context);
    const chosen = new Set(ids);
    const report = await cache.applyPlanned(plan);
    const done = report.results.filter(({ id, outcome }) => outcome === 'done' && chosen.has(id)).map(({ id }) => id);
    return {
      message: `Invalidated ${done.length} of ${ids.length} entries`,
      count: done.length,
      keys: done.slice(0, keysNamed),
      operation_id: report.operationId ?? null,
    };
  },
});

function consent(plan: CachePlan, context: ToolContext): void {
  if (context.allowWrites) {
    return;
  }
  const named = plan.effects.slice(0, keysNamed).map(({ id }) => `- ${id}`);
  const more = plan.effects.length > keysNamed ? [`- and ${plan.effects.length - keysNamed} more`] : [];
  const answer = context.confirm([`${plan.title}?`, ...named, ...more].join('\n'));
  if (answer === 'no') {
    throw new AgentError('refused', 'The person declined.', 'Go on without removing them.');
  }
  if (answer === 'unavailable') {
    throw new AgentError(
      'refused',
      'Removing entries needs a yes from a person, and this client cannot ask.',
      'Ask the person to start the server with --allow-writes, or to invalidate them in the editor.',
    );
  }
}
