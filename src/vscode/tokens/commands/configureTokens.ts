import { QuickPickItemKind, commands } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { CommandId } from '../../../contributions';
import { executeCommand } from '../../commands';
import { formatExact } from '../../format';
import { harnessLabel } from '../../instructions/harnesses';
import { currentTarget, describeTarget } from '../target';
import type { TokenTools } from '../tools';

interface ActionItem extends QuickPickItem {
  readonly run?: () => unknown;
}

/** What a click on the status bar offers: model, budget, harness, and what is shown where. */
export async function configureTokens({ services, instructions }: TokenTools): Promise<void> {
  const { settings } = services;
  const target = currentTarget(services);
  const command = (id: CommandId) => async () => executeCommand(id);
  const onOff = (on: boolean): string => (on ? 'on' : 'off');
  const items: ActionItem[] = [
    {
      label: '$(symbol-parameter) Model or encoding',
      description: target.name,
      detail: describeTarget(target),
      run: command('contextCache.pickTokenModel'),
    },
    {
      label: '$(dashboard) Budget of the always-on instructions',
      description: formatExact(instructions?.budget() ?? settings.get('contextCache.tokens.budget')),
      run: command('contextCache.setTokenBudget'),
    },
    {
      label: '$(hubot) Harness',
      description: instructions === undefined ? '' : harnessLabel(instructions.snapshot.harness),
      run: command('contextCache.pickHarness'),
    },
    { label: 'Show', kind: QuickPickItemKind.Separator },
    {
      label: '$(question) Explain the tokens of the document, or of the selection',
      run: command('contextCache.explainTokenCount'),
    },
    {
      label: '$(list-tree) The Instructions view',
      run: () => commands.executeCommand('contextCache.instructions.focus'),
    },
    {
      label: '$(eye) Counts above headings',
      description: onOff(settings.get('contextCache.tokens.codeLens')),
      run: command('contextCache.toggleTokenLenses'),
    },
    {
      label: '$(flame) Heat strip in the overview ruler',
      description: onOff(settings.get('contextCache.tokens.heatStrip')),
      run: command('contextCache.toggleTokenHeatStrip'),
    },
    {
      label: '$(tag) Badges in the Explorer',
      description: onOff(settings.get('contextCache.tokens.explorerBadges')),
      run: async () => {
        const id = 'contextCache.tokens.explorerBadges';
        await settings.updateWhereSet(id, !settings.get(id));
      },
    },
    { label: '$(gear) All settings', run: command('contextCache.openSettings') },
  ];
  const choice = await services.prompts.pick(items, { title: 'Context Cache: tokens' });
  await choice?.run?.();
}
