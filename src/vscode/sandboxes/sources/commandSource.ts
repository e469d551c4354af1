import { ThemeIcon } from 'vscode';
import type { Services } from '../../services';
import { back } from '../../steps';
import type { Step } from '../../steps';
import { complaintAbout } from './remoteTrees';
import type { RemoteTrees } from './remoteTrees';
import { addSandboxTitle, createRootStep } from './rootStep';
import type { NewSandbox, SourceKind } from './sourceKind';

const kind = 'command';

/** Programs that run a shell in a sandbox, as beginnings to change. */
const examples: readonly { readonly label: string; readonly icon: string; readonly command: readonly string[] }[] = [
  { label: 'Docker', icon: 'package', command: ['docker', 'exec', '-i', 'NAME'] },
  { label: 'Podman', icon: 'package', command: ['podman', 'exec', '-i', 'NAME'] },
  { label: 'Kubernetes', icon: 'server', command: ['kubectl', 'exec', '-i', 'POD', '--'] },
  { label: 'Another Program', icon: 'terminal', command: ['program', 'argument'] },
];

/** A folder behind any program that runs a shell in a sandbox. */
export function createCommandSource(services: Services, trees: RemoteTrees): SourceKind {
  return {
    id: kind,
    label: 'Command',
    detail: 'A program that runs a shell in the sandbox, such as docker exec -i or kubectl exec -i',
    icon: 'terminal',
    settingId: 'contextCache.sandboxes.remotes',
    open: async (setting) => Promise.resolve(trees.open(setting)),
    steps: [...createCommandSteps(services, addSandboxTitle), createRootStep(services, kind)],
  };
}

/** Asks for a program that runs a shell elsewhere. */
export function createCommandSteps(services: Pick<Services, 'prompts'>, title: string): readonly Step<NewSandbox>[] {
  return [createExampleStep(services, title), createCommandStep(services, title)];
}

function createExampleStep({ prompts }: Pick<Services, 'prompts'>, title: string): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const items = examples.map(({ label, icon, command }) => ({
      label,
      description: command.join(' '),
      iconPath: new ThemeIcon(icon),
      command,
    }));
    const picked = await prompts.pickStep(items, {
      title,
      placeHolder: 'Which program runs a shell in the sandbox?',
      canGoBack,
    });
    return picked === undefined || picked === back
      ? picked
      : { ...state, fields: { ...state.fields, command: picked.command }, suggestedName: picked.label.toLowerCase() };
  };
}

function createCommandStep({ prompts }: Pick<Services, 'prompts'>, title: string): Step<NewSandbox> {
  return async (state, { canGoBack }) => {
    const answer = await prompts.inputStep({
      title,
      prompt: 'The program and its arguments as a JSON array; what is to be run in the sandbox follows them',
      value: JSON.stringify(state.fields['command']),
      canGoBack,
      validate: (text) => complaintAbout({ kind, root: '/', command: parseCommand(text) }),
    });
    return answer === undefined || answer === back
      ? answer
      : { ...state, fields: { ...state.fields, command: parseCommand(answer) } };
  };
}

/** The text itself where it is no JSON, which is then refused as such. */
function parseCommand(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
