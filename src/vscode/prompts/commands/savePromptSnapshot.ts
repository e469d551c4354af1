import { versionOf } from '../../../core/prompts/versions/promptVersion';
import { locationOf } from '../../instructions/editorFiles';
import { targetPrompt } from '../pickers';
import { requireCompiled } from '../promptState';
import type { PromptCommand } from './promptCommand';

const title = 'Save Prompt Snapshot';
const longestLabel = 100;

/** Save Prompt Snapshot: keeps the prompt as it is now on this machine, to compare with later. Returns the snapshot. */
export const savePromptSnapshot: PromptCommand = {
  id: 'contextCache.savePromptSnapshot',
  run: async (tools, clicked) => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    requireCompiled(prompt);
    const { services, snapshots, model } = tools;
    const typed = await services.prompts.input({
      title: `${title}: ${prompt.name}`,
      prompt: 'A label, if you like; it is shown when you compare versions',
      validateInput: (text) =>
        text.length > longestLabel ? `A label has at most ${longestLabel} characters.` : undefined,
    });
    if (typed === undefined) {
      return undefined;
    }
    // It may have changed while the label was typed.
    const current = model.snapshot.prompts.find(({ id }) => id === prompt.id) ?? prompt;
    const variants = requireCompiled(current).map(({ measured }) => measured);
    const label = typed.trim() === '' ? undefined : typed.trim();
    const snapshot = await snapshots.save(locationOf(current.uri), versionOf('now', variants), label);
    await tools.reportPanels.refresh(current);
    void services.prompts.tell(
      'information',
      `Snapshot ${snapshot.number} of '${current.name}' is saved on this machine. Compare it with "Diff Prompt Versions".`,
    );
    return snapshot;
  },
};
