import { UserError } from '../../errors';
import type { FileTree } from '../../fileTree';
import type { CachePlan, RootFileChange } from '../changes';
import { sha256Hex } from '../fingerprint';
import type { ContentHistory, OperationStep } from '../history';
import { scopeNames } from '../model';
import { PlanBuilder } from './planBuilder';
import type { PlanSource } from './planBuilder';
import { addScopeUndo } from './undoScope';

/**
 * Takes an operation back: every key that still looks as the operation left it gets its earlier entry and value, to
 * the byte and at its earlier place. What was changed since is a conflict, which only a person selects. The plan is an
 * operation like any other, so that undoing can be undone.
 */
export async function planUndo(source: PlanSource, operationId: string, history: ContentHistory): Promise<CachePlan> {
  const operation = await history.operation(operationId);
  if (operation === undefined) {
    throw new UserError(
      `There is no operation '${operationId}' to undo.`,
      'List the operations of this sandbox and choose one.',
    );
  }
  if (operation.sourceId !== source.tree.id) {
    throw new UserError(
      `The operation '${operationId}' was applied to ${operation.sourceLabel}, not to ${source.tree.label}.`,
      'Open that sandbox to undo it.',
    );
  }
  const builder = new PlanBuilder(source);
  for (const scope of scopeNames) {
    const steps = operation.steps.filter((step) => step.scope === scope);
    if (steps.length > 0) {
      await addScopeUndo(builder, source.tree, scope, steps, history);
    }
  }
  const conflicts = builder.effects.filter(({ action }) => action === 'conflict').length;
  if (conflicts > 0) {
    builder.warn(`${conflicts} of its keys were changed since and will be left alone unless chosen.`);
  }
  const rootSteps = operation.steps.filter((step) => step.scope === undefined);
  return builder.build(`Undo: ${operation.title}`, await rootFileUndo(rootSteps, source.tree, history));
}

async function rootFileUndo(
  steps: readonly OperationStep[],
  tree: FileTree,
  history: ContentHistory,
): Promise<RootFileChange | undefined> {
  const changes = steps.flatMap((step) => step.files);
  const first = changes[0];
  const last = changes.at(-1);
  if (first === undefined || last === undefined) {
    return undefined;
  }
  const before = first.before === undefined ? undefined : await history.content(first.before);
  if (first.before !== undefined && before === undefined) {
    throw new UserError(
      `The earlier content of '${first.path}' in ${tree.label} is not kept any more.`,
      'Restore the entries one by one from their versions.',
    );
  }
  return {
    path: first.path,
    bytes: (current) => ((current === undefined ? undefined : sha256Hex(current)) === last.after ? before : current),
  };
}
