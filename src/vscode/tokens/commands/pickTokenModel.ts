import { QuickPickItemKind } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { encodingNames } from '../../../core/tokens/counter';
import type { Services } from '../../services';
import { encodingNotes, knownModels } from '../knownModels';
import { countingTarget } from '../target';

interface TargetItem extends QuickPickItem {
  /** Undefined for the row that asks for a name. */
  readonly name?: string;
}

/** Select Model or Encoding: from the known ones, or any name. A name that is passed is taken without asking. */
export async function pickTokenModel(services: Services, given: unknown): Promise<string | undefined> {
  const name = typeof given === 'string' ? given : await ask(services);
  if (name !== undefined) {
    await services.settings.updateWhereSet('contextCache.tokens.model', name);
  }
  return name;
}

async function ask(services: Services): Promise<string | undefined> {
  const current = countingTarget(services.settings.get('contextCache.tokens.model')).name;
  const mark = (name: string): string => (name === current ? `$(check) ${name}` : name);
  const items: TargetItem[] = [
    { label: 'Encodings, counted exactly', kind: QuickPickItemKind.Separator },
    ...encodingNames.map((name) => ({ name, label: mark(name), description: encodingNotes[name] })),
    { label: 'Models', kind: QuickPickItemKind.Separator },
    ...knownModels.map(({ name, vendor }) => ({
      name,
      label: mark(name),
      description: `${vendor} · ${howCounted(name)}`,
    })),
    { label: 'Any other', kind: QuickPickItemKind.Separator },
    { label: '$(edit) Enter a model’s name…' },
  ];
  const choice = await services.prompts.pick(items, {
    title: 'Count tokens for',
    placeHolder: `Now: ${current}`,
    matchOnDescription: true,
  });
  if (choice === undefined || choice.name !== undefined) {
    return choice?.name;
  }
  return services.prompts.input({
    title: 'Count tokens for',
    prompt: 'The name of a model or an encoding',
    value: current,
    validateInput: (value) => (value.trim() === '' ? 'Enter a name such as gpt-5 or cl100k_base.' : undefined),
  });
}

function howCounted(name: string): string {
  const { tokenizer } = countingTarget(name);
  return tokenizer.kind === 'exact' ? `exact, ${tokenizer.encoding}` : 'estimate with a band';
}
