import { ThemeIcon } from 'vscode';
import type { OperationSummary } from '../../../core/cache/history';
import { planUndo } from '../../../core/cache/plans/undo';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { applyAndTell, requireWritable } from '../applyAndTell';
import { formatDuration } from '../format';
import { pickOne, pickSandbox } from '../pickers';
import { pickEffects } from '../planPreview';
import { freshSource } from '../planSource';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Undo Last Change';
const shownOperations = 30;

/**
 * Takes back what a command did: the operation whose id it is given (by the Undo of a message), or the one that a
 * person picks, newest first. What was changed since is listed and left alone unless ticked.
 */
export const undoLastChange: SandboxCommand = {
  id: 'contextCache.undoLastChange',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require(title);
    const chosen =
      typeof clicked === 'string' && clicked !== 'selection'
        ? await operationOf(tools, clicked)
        : await askOperation(tools, clicked, selected);
    if (chosen === undefined) {
      return undefined;
    }
    const { sandbox, operation } = chosen;
    requireWritable(tools, sandbox, title);
    const plan = await planUndo(await freshSource(tools, sandbox), operation.id, tools.history);
    const hasConflicts = plan.effects.some(({ action }) => action === 'conflict');
    const effects = hasConflicts
      ? await pickEffects(tools, plan, 'What is ticked is taken back.')
      : new Set(plan.effects.filter((effect) => effect.selected).map(({ id }) => id));
    if (effects === undefined) {
      return undefined;
    }
    if (effects.size === 0) {
      throw new UserError(`Nothing of "${operation.title}" is left to take back.`, 'Restore versions one by one.');
    }
    return applyAndTell(
      tools,
      sandbox,
      plan,
      (count) => `Took back ${plural(count, 'change')}: ${operation.title}`,
      effects,
    );
  },
};

interface Chosen {
  readonly sandbox: Sandbox;
  readonly operation: OperationSummary;
}

async function operationOf(tools: SandboxTools, id: string): Promise<Chosen> {
  const operation = await tools.history.operation(id);
  const sandbox = (await tools.registry.all()).find(({ tree }) => tree.id === operation?.sourceId);
  if (operation === undefined || sandbox === undefined) {
    throw new UserError(
      `The operation ${id} can not be undone here.`,
      operation === undefined ? 'It is not remembered any more.' : `Add the sandbox ${operation.sourceLabel} first.`,
    );
  }
  return { sandbox, operation };
}

async function askOperation(tools: SandboxTools, clicked: unknown, selected: unknown): Promise<Chosen | undefined> {
  const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, title));
  if (sandbox === undefined) {
    return undefined;
  }
  const operations = await tools.history.operations(sandbox.tree.id);
  if (operations.length === 0) {
    throw new UserError(`Nothing was changed in ${sandbox.label} from here.`, 'There is nothing to undo.');
  }
  const nowMs = tools.services.clock.now();
  const operation = await pickOne(
    tools,
    operations.slice(0, shownOperations),
    (one) => ({
      label: one.title,
      description: `${formatDuration(nowMs - one.startedMs)} ago`,
      iconPath: new ThemeIcon('discard'),
    }),
    { title: `Undo in ${sandbox.label}`, placeHolder: 'Newest first' },
  );
  return operation === undefined ? undefined : { sandbox, operation };
}
