import { window } from 'vscode';
import type { PromptCommand } from './promptCommand';

/** Toggle Streamlined: which variant the view and the status bar speak of. Returns its name. */
export const toggleStreamlined: PromptCommand = {
  id: 'contextCache.toggleStreamlined',
  run: async ({ viewState }) => {
    await viewState.toggleStreamlined();
    window.setStatusBarMessage(`The ${viewState.shownVariant} variant is shown.`, 4000);
    return viewState.shownVariant;
  },
};
