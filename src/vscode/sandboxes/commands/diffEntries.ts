import { commands } from 'vscode';
import { UserError } from '../../../core/errors';
import { cacheUri } from '../documents/cacheUri';
import { pickEntry } from '../pickers';
import { targetEntries } from '../targets';
import type { EntryTarget } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Diff Entries';

/** Compares any two values, also of different scopes and sandboxes. */
export const diffEntries: SandboxCommand = {
  id: 'contextCache.diffEntries',
  run: async (tools, clicked, selected) => {
    const targets = await targetEntries(tools, clicked, selected);
    if (targets.length > 2) {
      throw new UserError(`${targets.length} entries are selected.`, 'Select two to compare them.');
    }
    const left = targets[0] ?? (await pickEntry(tools, { title, placeHolder: 'The first entry' }, hasValue));
    if (left === undefined) {
      return;
    }
    const right =
      targets[1] ??
      (await pickEntry(
        tools,
        { title, placeHolder: `Compare ${left.entry.originalKey} with` },
        (other) => hasValue(other) && !isSame(other, left),
      ));
    if (right !== undefined) {
      await openEntryDiff(left, right);
    }
  },
};

/** Opens the exact bytes of two values side by side. */
export async function openEntryDiff(left: EntryTarget, right: EntryTarget): Promise<void> {
  for (const { entry } of [left, right]) {
    if (entry.fileBytes === undefined) {
      throw new UserError(`${entry.scope}/${entry.key} has no value to compare.`, 'Choose another entry.');
    }
  }
  await commands.executeCommand(
    'vscode.diff',
    cacheUri(left.sandbox.id, left.entry.scope, left.entry.key),
    cacheUri(right.sandbox.id, right.entry.scope, right.entry.key),
    `${nameOf(left, right)} ↔ ${nameOf(right, left)}`,
  );
}

/** As short as tells it from the other one. */
function nameOf({ sandbox, entry }: EntryTarget, other: EntryTarget): string {
  const key = entry.originalKey;
  if (sandbox !== other.sandbox) {
    return `${key} (${sandbox.label})`;
  }
  return entry.scope === other.entry.scope ? key : `${key} (${entry.scope})`;
}

function hasValue({ entry }: EntryTarget): boolean {
  return entry.fileBytes !== undefined;
}

function isSame(a: EntryTarget, b: EntryTarget): boolean {
  return a.sandbox === b.sandbox && a.entry.scope === b.entry.scope && a.entry.key === b.entry.key;
}
