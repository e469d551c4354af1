import { clickedVariant, targetPrompt } from '../pickers';
import { requireCompiled } from '../promptState';
import type { PromptCommand } from './promptCommand';

const title = 'Show Prompt Report';

/** Show Prompt Report: a panel with charts of one prompt. Returns the report that it shows. */
export const showPromptReport: PromptCommand = {
  id: 'contextCache.showPromptReport',
  run: async (tools, clicked) => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    requireCompiled(prompt);
    return tools.reportPanels.show(prompt, clickedVariant(clicked) ?? tools.viewState.shownVariant);
  },
};
