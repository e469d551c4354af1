import { StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { CommandId } from '../../contributions';
import { formatExact, formatTokens } from '../format';
import type { Services } from '../services';
import { countFor, exactCount, shortCount } from '../tokens/target';
import type { PromptsModel } from './promptsModel';
import { variantBudget, variantOf } from './promptState';
import { markdown } from './tooltips';
import type { PromptViewState } from './viewState';
import { escapeMarkdown } from '../format';

const standings = { warning: ', over what is advised', error: ', over the budget' } as const;

/** The shown variant of the prompt to which the active file belongs; a click shows the other variant. */
export function registerPromptStatusBar(services: Services, model: PromptsModel, viewState: PromptViewState): void {
  const command: CommandId = 'contextCache.toggleStreamlined';
  const item = services.own(window.createStatusBarItem('prompt', StatusBarAlignment.Right, 97));
  item.name = 'Context Cache: Prompt';
  item.command = command;
  const update = (): void => {
    const uri = window.activeTextEditor?.document.uri;
    const [prompt] = uri === undefined ? [] : model.promptsUsing(uri);
    const variant = prompt === undefined ? undefined : variantOf(prompt, viewState.shownVariant);
    if (!services.settings.get('contextCache.tokens.statusBar') || prompt === undefined || variant === undefined) {
      item.hide();
      return;
    }
    const { measured, name } = variant;
    const { target } = model.snapshot;
    const count = countFor(target, measured.tokens);
    const budget = variantBudget(variant, target);
    const limit = budget === undefined ? '' : ` / ${formatTokens(budget.limit)}`;
    // The icon tells it too: high contrast themes have no backgrounds here.
    item.text = `$(${budget?.passed?.severity ?? 'layers'}) ${name} ${shortCount(count)}${limit}`;
    item.tooltip = markdown([
      `**${escapeMarkdown(prompt.name)}**`,
      prompt.variants
        .map(
          (other) => `- ${escapeMarkdown(other.name)}: ${exactCount(countFor(target, other.measured.tokens))} tokens`,
        )
        .join('\n'),
      'Click to show the other variant.',
    ]);
    item.backgroundColor =
      budget?.passed === undefined ? undefined : new ThemeColor(`statusBarItem.${budget.passed.severity}Background`);
    const share = budget === undefined ? '' : ` of ${formatExact(budget.limit)}`;
    const standing = budget?.passed === undefined ? '' : standings[budget.passed.severity];
    item.accessibilityInformation = {
      label: `Prompt ${prompt.name}, ${name}: ${exactCount(count)}${share} tokens${standing}`,
      role: 'button',
    };
    item.show();
  };
  update();
  services.own(model.onDidChange(update));
  services.own(viewState.onDidChange(update));
  services.own(window.onDidChangeActiveTextEditor(update));
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.statusBar'])) {
        update();
      }
    }),
  );
}
