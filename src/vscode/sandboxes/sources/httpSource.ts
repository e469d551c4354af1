import { ThemeIcon } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step } from '../../steps';
import { complaintAbout } from './remoteTrees';
import type { RemoteTrees } from './remoteTrees';
import { complaintAboutKey } from './sandboxKeys';
import type { NewSandbox, SourceKind } from './sourceKind';

const title = 'Add Sandbox';
const kind = 'http';

/** A cache behind the HTTP API of the agents' own server. */
export function createHttpSource(services: Services, trees: RemoteTrees): SourceKind {
  return {
    id: kind,
    label: 'HTTP API',
    detail: 'The cache API of the server that runs the sandbox, with a key',
    icon: 'globe',
    settingId: 'contextCache.sandboxes.remotes',
    open: async (setting) => Promise.resolve(trees.open(setting)),
    steps: [createAddressStep(services), createHeaderStep(services), createKeyStep(services, trees)],
    keyAddress: urlOf,
  };
}

function urlOf(setting: SandboxSetting): string {
  return typeof setting['url'] === 'string' ? setting['url'] : '';
}

function createAddressStep({ prompts }: Services): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const answer = await prompts.inputStep({
      title,
      prompt: 'Address of the sandbox’s cache; the key is sent there',
      placeHolder: 'https://host/api/sandboxes/ID/kv-cache',
      value: urlOf(state.fields),
      canGoBack,
      validate: (text) => complaintAbout({ kind, url: text.trim() }),
    });
    return answer === undefined || answer === back
      ? answer
      : {
          ...state,
          fields: { ...state.fields, url: answer.trim() },
          suggestedName: new URL(answer.trim()).hostname,
        };
  };
}

function createHeaderStep({ prompts }: Services): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const items = [
      { label: 'Bearer', detail: 'Authorization: Bearer …', icon: 'key', header: 'authorization' },
      { label: 'API key', detail: 'x-api-key: …', icon: 'key', header: 'x-api-key' },
    ].map(({ icon, ...item }) => ({ ...item, iconPath: new ThemeIcon(icon) }));
    const placeHolder = 'In which header is the key sent?';
    const picked = await prompts.pickStep(items, { title, placeHolder, canGoBack });
    return picked === undefined || picked === back
      ? picked
      : { ...state, fields: { ...state.fields, keyHeader: picked.header } };
  };
}

function createKeyStep({ prompts }: Services, trees: RemoteTrees): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const address = urlOf(state.fields);
    const kept = (await trees.keys.get(address)) !== undefined;
    const answer = await prompts.inputStep({
      title: 'Key for the HTTP API',
      prompt: `An API key for ${address}. It is kept in the editor’s secret storage.${kept ? ' Empty keeps the one that is there.' : ''}`,
      value: '',
      password: true,
      canGoBack,
      validate: (text) => (kept && text === '' ? undefined : complaintAboutKey(text)),
    });
    if (answer === undefined || answer === back) {
      return answer;
    }
    if (answer !== '') {
      await trees.keys.set(address, answer.trim());
    }
    return state;
  };
}
