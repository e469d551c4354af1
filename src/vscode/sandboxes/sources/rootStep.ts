import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step } from '../../steps';
import { complaintAbout } from './remoteTrees';
import type { NewSandbox } from './sourceKind';

const usualRoot = '/workspace/.iris/kv-cache';

/**
 * Asks where the cache lies in a sandbox.
 * @param kind the `kind` of the setting
 */
export function createRootStep({ prompts }: Pick<Services, 'prompts'>, kind: string): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const { root } = state.fields;
    const answer = await prompts.inputStep({
      title: 'Add Sandbox',
      prompt: 'Absolute path of the kv-cache folder in the sandbox',
      value: typeof root === 'string' ? root : usualRoot,
      canGoBack,
      validate: (text) => complaintAbout({ ...state.fields, kind, root: text.trim() }),
    });
    return answer === undefined || answer === back
      ? answer
      : { ...state, fields: { ...state.fields, root: answer.trim() } };
  };
}
