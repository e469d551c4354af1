import { window } from 'vscode';
import { registerCommand } from '../commands';
import type { InstructionsModel } from '../instructions/instructionsModel';
import type { Services } from '../services';
import { registerTokenBoundaries } from './boundaries';
import { configureTokens } from './commands/configureTokens';
import { countTokensInClipboard, countTokensInSelection } from './commands/countTexts';
import { countTokens } from './commands/countTokens';
import { countTokensInFolder } from './commands/countTokensInFolder';
import { explainTokenCount } from './commands/explainTokenCount';
import { pickTokenModel } from './commands/pickTokenModel';
import { removeProviderKey, setProviderKey } from './commands/providerKeys';
import { setTokenBudget } from './commands/setTokenBudget';
import { registerExplorerBadges } from './explorerBadges';
import { registerHeatStrip, whyNoHeatStrip } from './heatStrip';
import { TokenHistory } from './history';
import { LiveCounts } from './liveCounts';
import { MeasuredDocuments } from './measuredDocuments';
import { registerSectionLenses } from './sectionLenses';
import { registerStatusBar } from './statusBar';
import type { TokenTools } from './tools';
import { VendorCounts } from './vendorCounts';

/**
 * Status bar, lenses, decorations and commands about tokens.
 * @param instructions undefined when the instructions could not start: everything else still works
 * @returns the documents that are measured part by part, to which others may add theirs
 */
export function registerTokens(services: Services, instructions: InstructionsModel | undefined): MeasuredDocuments {
  const measured = services.own(new MeasuredDocuments(instructions));
  const live = services.own(new LiveCounts(services));
  const history = new TokenHistory(services.workspaceState, services.clock);
  const tools: TokenTools = { services, reports: services.reports, vendors: new VendorCounts(services), instructions };
  registerStatusBar(services, live, instructions, history);
  registerSectionLenses(services, live, measured);
  registerTokenBoundaries(services);
  registerHeatStrip(services, live, measured);
  if (instructions !== undefined) {
    registerExplorerBadges(services, instructions);
  }
  registerTokenCommands(services, tools, live, measured);
  return measured;
}

function registerTokenCommands(
  services: Services,
  tools: TokenTools,
  live: LiveCounts,
  measured: MeasuredDocuments,
): void {
  registerCommand(services, 'contextCache.countTokens', async (clicked: unknown, selected: unknown) =>
    countTokens(tools, clicked, selected),
  );
  registerCommand(services, 'contextCache.countTokensInFolder', async (clicked: unknown, selected: unknown) =>
    countTokensInFolder(tools, clicked, selected),
  );
  registerCommand(services, 'contextCache.countTokensInSelection', async () => countTokensInSelection(tools));
  registerCommand(services, 'contextCache.countTokensInClipboard', async () => countTokensInClipboard(tools));
  registerCommand(services, 'contextCache.explainTokenCount', async (clicked: unknown) =>
    explainTokenCount(tools, clicked),
  );
  registerCommand(services, 'contextCache.pickTokenModel', async (given: unknown) => pickTokenModel(tools, given));
  registerCommand(services, 'contextCache.setTokenBudget', async (given: unknown) => setTokenBudget(services, given));
  registerCommand(services, 'contextCache.setProviderKey', async (given: unknown) => setProviderKey(tools, given));
  registerCommand(services, 'contextCache.removeProviderKey', async (given: unknown) =>
    removeProviderKey(tools, given),
  );
  registerCommand(services, 'contextCache.configureTokens', async () => configureTokens(tools));
  registerCommand(services, 'contextCache.toggleTokenLenses', async () =>
    toggle(services, 'contextCache.tokens.codeLens'),
  );
  registerCommand(services, 'contextCache.toggleTokenHeatStrip', async () => {
    const isOn = await toggle(services, 'contextCache.tokens.heatStrip');
    const why = isOn ? whyNoHeatStrip(window.activeTextEditor, live, measured) : undefined;
    if (why !== undefined) {
      void services.prompts.tell('information', why);
    }
  });
}

async function toggle(
  { settings }: Services,
  id: 'contextCache.tokens.codeLens' | 'contextCache.tokens.heatStrip',
): Promise<boolean> {
  const isOn = !settings.get(id);
  await settings.updateWhereSet(id, isOn);
  return isOn;
}
