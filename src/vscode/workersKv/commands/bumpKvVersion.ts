import { UserError } from '../../../core/errors';
import { applyKvBump, planKvBump } from '../../../core/workersKv/bump';
import { describeCriteria } from '../../../core/workersKv/purgePlan';
import { selectKv } from '../../../core/workersKv/select';
import { plural } from '../../format';
import { withProgress } from '../../progress';
import { contextOf } from '../kvTools';
import { chooseEntries } from '../kvTargets';
import { tellReport } from '../tellReport';
import { consistencyText } from '../tooltips';
import type { KvCommand } from './kvCommand';

const shownItems = 8;

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
    const lines = plan.items
      .slice(0, shownItems)
      .map(({ versionKey, from, to }) => `${from === undefined ? 'none' : `v${from}`} → v${to}  ${versionKey}`);
    const more = plan.items.length > shownItems ? [`… and ${plan.items.length - shownItems} more`] : [];
    const yes = await tools.services.prompts.confirm({
      message: `${plan.title} in ${cache.target.name}?`,
      detail: [
        `${plural(plan.items.length, 'version record')} will be written; the entries become stale and are made again when they are asked for.`,
        ...plan.warnings,
        '',
        ...lines,
        ...more,
        '',
        consistencyText,
      ].join('\n'),
      yes: 'Bump',
    });
    if (!yes) {
      return undefined;
    }
    const report = await withProgress({ title: plan.title }, async (options) =>
      applyKvBump(plan, contextOf(tools, cache), options),
    );
    return tellReport(tools, cache, plan.title, report);
  },
};
