import { join } from 'node:path';
import { window } from 'vscode';
import { viewIds } from '../../contributions';
import type { PromptsState } from '../../contributions';
import { PromptSnapshots } from '../../core/prompts/versions/snapshots';
import { VersionStore } from '../../core/versions/versionStore';
import { setContext, registerCommands } from '../commands';
import type { InstructionsModel } from '../instructions/instructionsModel';
import type { SeedLibrary } from '../sandboxes/seedLibrary';
import type { Services } from '../services';
import type { MeasuredDocuments } from '../tokens/measuredDocuments';
import { compareVariants } from './commands/compareVariants';
import { compilePromptCommand } from './commands/compilePrompt';
import { convertToManifest } from './commands/convertToManifest';
import { diffPromptVersions } from './commands/diffPromptVersions';
import { explainCacheBreak } from './commands/explainCacheBreak';
import { exportPromptReport } from './commands/exportPromptReport';
import { newPromptManifest } from './commands/newPromptManifest';
import type { PromptCommand } from './commands/promptCommand';
import { refreshPrompts } from './commands/refreshPrompts';
import { savePromptSnapshot } from './commands/savePromptSnapshot';
import { showPromptCost } from './commands/showPromptCost';
import { showPromptReport } from './commands/showPromptReport';
import { toggleStreamlined } from './commands/toggleStreamlined';
import { registerPromptLenses } from './lenses';
import { registerPromptDiagnostics } from './lintDiagnostics';
import { registerManifestCompletion } from './manifestCompletion';
import { registerManifestHover } from './manifestHover';
import { createPromptDocuments } from './promptDocuments';
import { PromptsModel } from './promptsModel';
import type { PromptsSnapshot } from './promptState';
import { PromptsTree } from './promptsTree';
import { registerQuickFixes } from './quickFixes';
import { exportReport } from './report/exportReport';
import { ReportPanels } from './report/reportPanels';
import { registerPromptStatusBar } from './statusBar';
import { PromptViewState } from './viewState';
import { watchPrompts } from './watching';

/**
 * The Prompts view and everything about manifests, in turns: each part asks the editor for much. The first look begins
 * afterwards.
 * @param instructions undefined when the instructions could not start: everything else still works
 * @param measured told about the files of prompts, where token counts could start
 */
export async function registerPrompts(
  services: Services,
  library: SeedLibrary,
  instructions: InstructionsModel | undefined,
  measured: MeasuredDocuments | undefined,
): Promise<void> {
  const { turns } = services;
  const model = services.own(new PromptsModel(services, library));
  await turns.next('visible');
  measured?.add({
    isOfPrompt: (uri) => model.promptsUsing(uri).length > 0,
    onDidChange: model.onDidChange,
  });
  const viewState = services.own(new PromptViewState(services.workspaceState));
  const tree = new PromptsTree(services, model, viewState);
  const view = services.own(
    window.createTreeView(viewIds.prompts, { treeDataProvider: tree, showCollapseAll: true, canSelectMany: true }),
  );
  const describe = (): void => {
    const { snapshot } = model;
    setContext('contextCache.prompts.state', viewStateOf(snapshot));
    view.description = snapshot.prompts.length === 0 ? '' : viewState.shownVariant;
    view.message = snapshot.prompts.length === 0 ? (snapshot.failure ?? '') : '';
  };
  describe();
  services.own(tree.onDidChangeTreeData(describe));

  await turns.next('visible');
  const documents = createPromptDocuments(services);
  registerPromptDiagnostics(services, model, instructions);
  registerQuickFixes(services, model);
  registerManifestCompletion(services, model, library);
  registerManifestHover(services, model, viewState);
  await turns.next('visible');
  registerPromptLenses(services, model, viewState);
  registerPromptStatusBar(services, model, viewState);
  watchPrompts(services, model);

  await turns.next('visible');
  const { clock, log, dataFolder } = services;
  const snapshots = new PromptSnapshots(new VersionStore(join(dataFolder, 'versions'), { clock, logger: log }));
  const reportTools = { services, model, snapshots };
  const reportPanels = new ReportPanels(reportTools, {
    exportReport: async (report, variant, format, prompt) => exportReport(services, report, variant, format, prompt),
  });
  const tools = { ...reportTools, viewState, documents, library, reportPanels };
  const commands: readonly PromptCommand[] = [
    refreshPrompts,
    compilePromptCommand,
    compareVariants,
    showPromptCost,
    toggleStreamlined,
    explainCacheBreak,
    convertToManifest,
    newPromptManifest,
    showPromptReport,
    exportPromptReport,
    savePromptSnapshot,
    diffPromptVersions,
  ];
  registerCommands(tools, commands);
  model.requestRefresh();
}

/** What the view says in place of rows. */
function viewStateOf({ phase, prompts }: PromptsSnapshot): PromptsState {
  return prompts.length > 0 ? 'ready' : phase === 'ready' ? 'none' : phase;
}
