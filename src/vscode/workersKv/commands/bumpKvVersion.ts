import { UserError } from '../../../core/errors';
import { applyKvBump, planKvBump } from '../../../core/workersKv/bump';
import { describeCriteria } from '../../../core/workersKv/purgePlan';
import { selectKv } from '../../../core/workersKv/select';
import { withProgress } from '../../progress';
import { askKvPlan, bumpQuestion } from '../askKvPlan';
import { contextOf } from '../kvTools';
import { chooseEntries } from '../kvTargets';
import { tellReport } from '../tellReport';
import type { KvCommand } from './kvCommand';

/** Raises the versions of entries, one, many, or those of a tag or path, after showing from what to what. */
export const bumpKvVersion: KvCommand = {
  id: 'contextCache.bumpKvVersion',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Bumping a version');
    const title = 'Bump Workers KV Version';
    const choice = await chooseEntries(tools, clicked, selected, { title, orphanChunks: false });
    if (choice === undefined) {
      return undefined;
    }
    const { cache, snapshot, criteria } = choice;
    if (cache.target.versionsNamespace === undefined) {
      throw new UserError(
        `${cache.target.name} has no namespace of versions.`,
        'Name it as "versionsNamespace" in the setting contextCache.workersKv.namespaces.',
      );
    }
    const plan = planKvBump(snapshot, selectKv(snapshot, criteria).entries, describeCriteria(criteria));
    if (plan.items.length === 0) {
      void tools.services.prompts.tell('information', `${plan.title}: nothing to do.`);
      return undefined;
    }
    const yes = await askKvPlan(tools, bumpQuestion(cache.target.name, plan));
    if (!yes) {
      return undefined;
    }
    const report = await withProgress({ title: plan.title }, async (options) =>
      applyKvBump(plan, contextOf(tools, cache), options),
    );
    return tellReport(tools, cache, plan.title, report);
  },
};
