import type { SandboxSetting } from '../../../contributions';
import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step } from '../../steps';
import { complaintAbout } from './remoteTrees';
import type { RemoteTrees } from './remoteTrees';
import { addSandboxTitle, createRootStep } from './rootStep';
import type { NewSandbox, SourceKind } from './sourceKind';

const kind = 'ssh';

/** A folder on a host that the user's own OpenSSH client reaches. */
export function createSshSource(services: Services, trees: RemoteTrees): SourceKind {
  return {
    id: kind,
    label: 'SSH',
    detail: 'A host, through your own ssh with its configuration, agent and known hosts',
    icon: 'remote',
    settingId: 'contextCache.sandboxes.remotes',
    open: async (setting) => Promise.resolve(trees.open(setting)),
    steps: [createHostStep(services, addSandboxTitle), createRootStep(services, kind)],
  };
}

/** Asks for a host. */
export function createHostStep({ prompts }: Pick<Services, 'prompts'>, title: string): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const answer = await prompts.inputStep({
      title,
      prompt: 'A host, an alias of your SSH configuration, or user@host:port',
      placeHolder: 'build-box',
      value: printHost(state.fields),
      canGoBack,
      validate: (text) => complaintAbout({ kind, root: '/', ...parseHost(text) }),
    });
    if (answer === undefined || answer === back) {
      return answer;
    }
    const { root } = state.fields;
    const host = parseHost(answer);
    return {
      ...state,
      fields: { ...host, ...(root === undefined ? {} : { root }) },
      suggestedName: String(host['host']),
    };
  };
}

/** `user@host:port`, where user and port may be absent. What is no port stays in the host, which then is refused. */
function parseHost(text: string): SandboxSetting {
  const [, user, host = '', port] = /^(?:([^@]*)@)?(.*?)(?::(\d+))?$/s.exec(text.trim()) ?? [];
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

function printHost({ user, host, port }: SandboxSetting): string {
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '');
  return `${user === undefined ? '' : `${text(user)}@`}${text(host)}${port === undefined ? '' : `:${text(port)}`}`;
}
