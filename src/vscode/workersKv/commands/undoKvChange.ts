import { applyKvUndo, planKvUndo } from '../../../core/workersKv/undo';
import { plural } from '../../format';
import { withProgress } from '../../progress';
import { formatDuration } from '../../sandboxes/format';
import type { KvCache } from '../kvCaches';
import { contextOf, pickKvCache } from '../kvTools';
import type { KvTools } from '../kvTools';
import { rowsOf } from '../kvTargets';
import { tellReport } from '../tellReport';
import type { KvCommand } from './kvCommand';

const title = 'Undo Workers KV Change';

/** Takes back a bump, or a purge as far as its values were kept, and says what can't be taken back. */
export const undoKvChange: KvCommand = {
  id: 'contextCache.undoKvChange',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Undoing a change');
    // The message of a change passes the operation, and the id of its cache.
    const named = typeof selected === 'string' ? tools.caches.byId(selected) : undefined;
    const cache = await pickKvCache(tools, rowsOf(tools, clicked, selected)[0]?.cache ?? named, title);
    if (cache === undefined) {
      return undefined;
    }
    const operationId = typeof clicked === 'string' ? clicked : await pickOperation(tools, cache);
    if (operationId === undefined) {
      return undefined;
    }
    const context = contextOf(tools, cache);
    const plan = await planKvUndo(operationId, context);
    if (plan.warnings.length > 0 || plan.changes.length === 0) {
      const agreed = await tools.services.prompts.confirm({
        message: `${plan.title}?`,
        detail: [`${plural(plan.changes.length, 'key')} will be written or deleted.`, ...plan.warnings].join('\n'),
        yes: 'Undo',
      });
      if (!agreed) {
        return undefined;
      }
    }
    const report = await withProgress({ title: plan.title }, async (options) => applyKvUndo(plan, context, options));
    return tellReport(tools, cache, plan.title, report);
  },
};

async function pickOperation(tools: KvTools, cache: KvCache): Promise<string | undefined> {
  const { clock, prompts } = tools.services;
  const operations = await tools.history.operations(cache.id);
  if (operations.length === 0) {
    void prompts.tell('information', `Nothing was changed in ${cache.target.name} from here.`);
    return undefined;
  }
  const items = operations.map((operation) => ({
    label: operation.title,
    description: `${formatDuration(Math.max(0, clock.now() - operation.startedMs))} ago`,
    id: operation.id,
  }));
  return (await prompts.pick(items, { title, placeHolder: 'Which change is taken back?' }))?.id;
}
