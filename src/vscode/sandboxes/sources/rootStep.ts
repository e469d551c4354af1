import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step } from '../../steps';
import { complaintAbout } from './remoteTrees';
import type { NewSandbox } from './sourceKind';

export const addSandboxTitle = 'Add Sandbox';

/** How a root is asked for. */
export interface RootQuestion {
  readonly title: string;
  readonly prompt: string;
  /** Proposed at first. */
  readonly usualRoot: string;
}

const sandboxRoot: RootQuestion = {
  title: addSandboxTitle,
  prompt: 'Absolute path of the kv-cache folder in the sandbox',
  usualRoot: '/workspace/.iris/kv-cache',
};

/**
 * Asks where a cache lies in a place that is far away.
 * @param kind the `kind` of the setting
 */
export function createRootStep(
  { prompts }: Pick<Services, 'prompts'>,
  kind: string,
  { title, prompt, usualRoot }: RootQuestion = sandboxRoot,
): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const { root } = state.fields;
    const answer = await prompts.inputStep({
      title,
      prompt,
      value: typeof root === 'string' ? root : usualRoot,
      canGoBack,
      validate: (text) => complaintAbout({ ...state.fields, kind, root: text.trim() }),
    });
    return answer === undefined || answer === back
      ? answer
      : { ...state, fields: { ...state.fields, root: answer.trim() } };
  };
}
