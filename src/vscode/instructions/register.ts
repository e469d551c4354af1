import { window } from 'vscode';
import { viewIds } from '../../contributions';
import { letGo, registerCommand, setContext } from '../commands';
import { createFindingDiagnostics } from '../findingDiagnostics';
import { formatTokens, plural } from '../format';
import type { Services } from '../services';
import { shortCount } from '../tokens/target';
import {
  clearInstructionsFilter,
  filterInstructions,
  groupInstructions,
  sortInstructions,
} from './commands/arrangeInstructions';
import { copyInstructionPath, openInstruction, revealInstruction } from './commands/fileCommands';
import { pickHarness } from './commands/pickHarness';
import { showInstructionsForFile } from './commands/showInstructionsForFile';
import { toggleUserInstructions } from './commands/toggleUserInstructions';
import { uriOf } from './editorFiles';
import { harnessLabel } from './harnesses';
import { InstructionsModel, viewStateOf } from './instructionsModel';
import { InstructionsTree } from './instructionsTree';
import { registerRowDecorations } from './rowDecorations';
import type { InstructionsSnapshot } from './snapshot';
import { ViewState } from './viewState';
import { watchInstructions } from './watching';

/**
 * The Instructions view and everything about instruction files, in turns: each part asks the editor for much. The first
 * index begins afterwards.
 */
export async function registerInstructions(services: Services): Promise<InstructionsModel> {
  const { turns } = services;
  const model = services.own(new InstructionsModel(services));
  await turns.next('visible');
  const viewState = services.own(new ViewState(services.workspaceState));
  const tree = new InstructionsTree(services, model, viewState);
  const view = services.own(
    window.createTreeView(viewIds.instructions, {
      treeDataProvider: tree,
      showCollapseAll: true,
      canSelectMany: true,
    }),
  );
  const describe = (): void => {
    const { snapshot } = model;
    const { filter } = viewState.rowOptions;
    setContext('contextCache.instructions.state', viewStateOf(snapshot, tree.shownFiles));
    view.description = `${harnessLabel(snapshot.harness)} · ${shortCount(snapshot.totals.always)} / ${formatTokens(model.budget())}`;
    view.message = viewMessage(snapshot, filter, tree.shownFiles);
  };
  describe();
  services.own(tree.onDidChangeTreeData(describe));

  await turns.next('visible');
  const diagnostics = services.own(createFindingDiagnostics(services, 'context-cache-instructions', uriOf));
  services.own(
    model.onDidChange(() => {
      letGo(services, 'Showing what is wrong with the instructions', diagnostics.show(model.snapshot.findings));
    }),
  );
  registerRowDecorations(services, model);
  await turns.next('visible');
  watchInstructions(services, model);
  await turns.next('visible');

  registerCommand(services, 'contextCache.refreshInstructions', async () => model.refresh());
  registerCommand(services, 'contextCache.cancelIndexing', () => {
    model.cancel();
  });
  registerCommand(services, 'contextCache.groupInstructions', async (given: unknown) =>
    groupInstructions(services.prompts, viewState, given),
  );
  registerCommand(services, 'contextCache.sortInstructions', async (given: unknown) =>
    sortInstructions(services.prompts, viewState, given),
  );
  registerCommand(services, 'contextCache.filterInstructions', async (given: unknown) =>
    filterInstructions(viewState, given),
  );
  registerCommand(services, 'contextCache.clearInstructionsFilter', async () => clearInstructionsFilter(viewState));
  registerCommand(services, 'contextCache.pickHarness', async (given: unknown) => pickHarness(services, model, given));
  registerCommand(services, 'contextCache.toggleUserInstructions', async () => toggleUserInstructions(services));
  registerCommand(services, 'contextCache.showInstructionsForFile', (clicked: unknown) =>
    showInstructionsForFile(services, model, clicked),
  );
  registerCommand(services, 'contextCache.revealInstruction', async (clicked: unknown) =>
    revealInstruction(view, tree, viewState, clicked),
  );
  registerCommand(services, 'contextCache.openInstruction', async (clicked: unknown, selected: unknown) =>
    openInstruction(clicked, selected),
  );
  registerCommand(services, 'contextCache.copyInstructionPath', async (clicked: unknown, selected: unknown) =>
    copyInstructionPath(clicked, selected),
  );
  model.requestRefresh();
  return model;
}

/** The line above the rows: what failed, or what the filter leaves. */
function viewMessage({ failure, rows }: InstructionsSnapshot, filter: string, shownFiles: number): string {
  if (rows.length === 0) {
    return failure ?? '';
  }
  return filter === '' || shownFiles === 0 ? '' : `"${filter}": ${shownFiles} of ${plural(rows.length, 'file')}`;
}
