import { QuickPickItemKind, window, workspace } from 'vscode';
import type { QuickPickItem, Uri } from 'vscode';
import { UserError } from '../../../core/errors';
import { commandUris } from '../../commandTargets';
import { letGo } from '../../commands';
import type { Prompts } from '../../prompts';
import { exactCount } from '../../tokens/target';
import { addCounts, emptyCount } from '../../tokens/counts';
import type { Services } from '../../services';
import { uriOf } from '../editorFiles';
import { harnessLabel } from '../harnesses';
import type { InstructionsModel } from '../instructionsModel';
import type { InstructionRow } from '../rows';
import { instructionsForFile } from '../instructionsForFile';
import type { AppliedInstruction } from '../instructionsForFile';

interface InstructionItem extends QuickPickItem {
  readonly row?: InstructionRow;
}

/** Show Instructions for File: which of them the harness loads for it, and why. Returns them; a pick opens one. */
export function showInstructionsForFile(
  services: Services,
  model: InstructionsModel,
  clicked: unknown,
): readonly AppliedInstruction[] {
  const [uri] = commandUris(clicked);
  if (uri === undefined) {
    throw new UserError('No file is active.', 'Open a file, or select one in the Explorer.');
  }
  const applied = instructionsForFile(model, uri);
  // Not awaited: the answer is there, whatever the person does with the list.
  letGo(services, 'Showing the instructions of a file', pick(services.prompts, model, uri, applied));
  return applied;
}

async function pick(
  prompts: Prompts,
  model: InstructionsModel,
  uri: Uri,
  applied: readonly AppliedInstruction[],
): Promise<void> {
  const harness = harnessLabel(model.snapshot.harness);
  const loaded = applied.filter(({ loaded: isLoaded }) => isLoaded);
  const total = addCounts(loaded.map(({ row }) => row.cost)) ?? emptyCount;
  const items: InstructionItem[] = [
    { label: 'Loaded', kind: QuickPickItemKind.Separator },
    ...loaded.map(toItem),
    { label: 'Available when asked for', kind: QuickPickItemKind.Separator },
    ...applied.filter(({ loaded: isLoaded }) => !isLoaded).map(toItem),
  ];
  const choice = await prompts.pick(items, {
    title: `${workspace.asRelativePath(uri)}: ${exactCount(total)} tokens of instructions for ${harness}`,
    placeHolder: applied.length === 0 ? 'No instruction applies to this file' : 'Open an instruction',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (choice?.row !== undefined) {
    await window.showTextDocument(uriOf(choice.row.location));
  }
}

function toItem({ row, reason }: AppliedInstruction): InstructionItem {
  return { row, label: row.shownPath, description: `${exactCount(row.cost)} tokens`, detail: reason };
}
