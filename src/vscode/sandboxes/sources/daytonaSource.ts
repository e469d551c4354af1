import { ThemeIcon } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import { describeError, isSourceError, UserError } from '../../../core/errors';
import { safeAddress } from '../../../core/safeAddress';
import { DaytonaApi } from '../../../core/sources/daytonaApi';
import type { DaytonaSandbox } from '../../../core/sources/daytonaApi';
import { DaytonaTree } from '../../../core/sources/daytonaTree';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { withProgress } from '../../progress';
import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step, StepAnswer } from '../../steps';
import type { RemoteTrees } from './remoteTrees';
import { createRootStep } from './rootStep';
import { complaintAboutKey } from './sandboxKeys';
import type { NewSandbox, SourceKind } from './sourceKind';

const title = 'Add Sandbox';
const kind = 'daytona';

/** A folder of a Daytona sandbox. */
export function createDaytonaSource(services: Services, trees: RemoteTrees): SourceKind {
  return {
    id: kind,
    label: 'Daytona',
    detail: 'A sandbox of Daytona, through its API with a key',
    icon: 'cloud',
    settingId: 'contextCache.sandboxes.remotes',
    open: async (setting) => Promise.resolve(trees.open(setting)),
    steps: [createAddressStep(services), createSandboxStep(services, trees), createRootStep(services, kind)],
    keyAddress: addressOf,
    start: async (setting, signal) => {
      const { source } = trees.open(setting).tree;
      if (!(source instanceof DaytonaTree)) {
        throw new UserError('Only a sandbox of Daytona can be started.', 'Choose another sandbox.');
      }
      await source.start({ signal });
    },
  };
}

/** The address of the control plane that a description names. */
function addressOf(setting: SandboxSetting): string {
  const { apiUrl } = setting;
  return typeof apiUrl === 'string' ? apiUrl : daytonaAddress;
}

function createAddressStep({ prompts }: Services): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const answer = await prompts.inputStep({
      title,
      prompt: 'Address of Daytona’s API; the key is sent there',
      value: addressOf(state.fields),
      canGoBack,
      validate: (text) => {
        try {
          safeAddress(text.trim(), { name: 'Daytona', example: daytonaAddress });
          return undefined;
        } catch (error) {
          return describeError(error);
        }
      },
    });
    if (answer === undefined || answer === back) {
      return answer;
    }
    const fields = Object.fromEntries(Object.entries(state.fields).filter(([field]) => field !== 'apiUrl'));
    return { ...state, fields: answer.trim() === daytonaAddress ? fields : { ...fields, apiUrl: answer.trim() } };
  };
}

/** Asks for a key where none is kept, and then for one of the sandboxes that it opens; those asleep are shown too. */
function createSandboxStep(services: Services, trees: RemoteTrees): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const address = addressOf(state.fields);
    let refusal = '';
    for (;;) {
      const kept = await trees.keys.get(address);
      const key = kept !== undefined && refusal === '' ? kept : await askKey(services, refusal, canGoBack);
      if (key === undefined || key === back) {
        return key;
      }
      try {
        const sandboxes = await withProgress({ title: 'Asking Daytona for its sandboxes' }, async ({ signal }) =>
          new DaytonaApi({ apiUrl: address, apiKey: key }).listSandboxes(signal),
        );
        await trees.keys.set(address, key);
        return await pickSandbox(services, state, sandboxes, canGoBack);
      } catch (error) {
        if (!isSourceError(error, 'auth', 'forbidden')) {
          throw error;
        }
        refusal = error.message;
      }
    }
  };
}

async function askKey({ prompts }: Services, refusal: string, canGoBack: boolean): Promise<StepAnswer<string>> {
  const answer = await prompts.inputStep({
    title: 'Key for Daytona',
    prompt: `${refusal} An API key of Daytona. It is kept in the editor’s secret storage.`.trim(),
    value: '',
    password: true,
    canGoBack,
    validate: complaintAboutKey,
  });
  return typeof answer === 'string' ? answer.trim() : answer;
}

async function pickSandbox(
  { prompts }: Services,
  state: NewSandbox,
  sandboxes: readonly DaytonaSandbox[],
  canGoBack: boolean,
): Promise<StepAnswer<NewSandbox>> {
  if (sandboxes.length === 0) {
    throw new UserError('The key opens no sandbox of Daytona.', 'Make one in Daytona, or use another key.');
  }
  const items = sandboxes.map((sandbox) => ({
    label: sandbox.name,
    description: sandbox.state,
    detail: sandbox.id,
    iconPath: new ThemeIcon(sandbox.state === 'started' ? 'vm-running' : 'vm-outline'),
    sandbox,
  }));
  const picked = await prompts.pickStep(items, { title, placeHolder: 'Which sandbox?', canGoBack });
  return picked === undefined || picked === back
    ? picked
    : {
        ...state,
        fields: { ...state.fields, sandboxId: picked.sandbox.id },
        suggestedName: picked.sandbox.name,
      };
}
