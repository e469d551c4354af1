import { applyKvPurge } from '../../../core/workersKv/purge';
import { describeCriteria, planKvPrune, planKvPurge } from '../../../core/workersKv/purgePlan';
import type { KvPurgePlan } from '../../../core/workersKv/purgePlan';
import { withProgress } from '../../progress';
import { askKvPlan, purgeQuestion } from '../askKvPlan';
import type { KvCache } from '../kvCaches';
import { contextOf, pickKvCache } from '../kvTools';
import type { KvTools } from '../kvTools';
import { chooseEntries, listAnew, rowsOf } from '../kvTargets';
import { tellReport } from '../tellReport';
import type { KvCommand } from './kvCommand';

/** Deletes entries with their chunks, and at the edge, after showing all that goes in a document. */
export const purgeKvEntries: KvCommand = {
  id: 'contextCache.purgeKvEntries',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Purging entries');
    const choice = await chooseEntries(tools, clicked, selected, {
      title: 'Purge Workers KV Entries',
      orphanChunks: true,
    });
    if (choice === undefined) {
      return undefined;
    }
    const { cache, snapshot, criteria } = choice;
    const plan = planKvPurge(snapshot, criteria, describeCriteria(criteria), { target: cache.target });
    return confirmAndPurge(tools, cache, plan, 'Purge');
  },
};

/** Deletes what has expired, which Workers KV keeps by itself. */
export const pruneKvEntries: KvCommand = {
  id: 'contextCache.pruneKvEntries',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Pruning entries');
    const choice = await chooseExpired(tools, clicked, selected);
    if (choice === undefined) {
      return undefined;
    }
    const plan = planKvPrune(choice.snapshot, { target: choice.cache.target });
    return confirmAndPurge(tools, choice.cache, plan, 'Prune');
  },
};

async function chooseExpired(tools: KvTools, clicked: unknown, selected: unknown) {
  const title = 'Prune Expired Workers KV Entries';
  const cache = await pickKvCache(tools, rowsOf(tools, clicked, selected)[0]?.cache, title);
  if (cache === undefined) {
    return undefined;
  }
  return { cache, snapshot: await listAnew(tools, cache) };
}

async function confirmAndPurge(tools: KvTools, cache: KvCache, plan: KvPurgePlan, yes: string) {
  if (plan.items.length === 0) {
    void tools.services.prompts.tell('information', `${plan.title}: nothing to do.`);
    return undefined;
  }
  const agreed = await askKvPlan(tools, purgeQuestion(cache.target.name, plan, yes));
  if (!agreed) {
    return undefined;
  }
  const report = await withProgress({ title: plan.title }, async (options) =>
    applyKvPurge(plan, contextOf(tools, cache), options),
  );
  return tellReport(tools, cache, plan.title, report);
}
