import { QuickPickItemKind } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { encodingNames } from '../../../core/tokens/counter';
import { editorModelName } from '../editorModels';
import { encodingNotes, knownModels } from '../knownModels';
import { countingTarget } from '../target';
import type { TokenTools } from '../tools';

interface TargetItem extends QuickPickItem {
  /** Undefined for the row that asks for a name. */
  readonly name?: string;
}

/** Select Model or Encoding: from the known ones, or any name. A name that is passed is taken without asking. */
export async function pickTokenModel(tools: TokenTools, given: unknown): Promise<string | undefined> {
  const name = typeof given === 'string' ? given : await ask(tools);
  if (name !== undefined) {
    await tools.services.settings.updateWhereSet('contextCache.tokens.model', name);
  }
  return name;
}

async function ask({ services, vendors }: TokenTools): Promise<string | undefined> {
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
    ...(await editorItems(vendors, mark)),
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

/** The editor's own models, which count on request; while a person types they are counted as other models are. */
async function editorItems({ models }: TokenTools['vendors'], mark: (name: string) => string): Promise<TargetItem[]> {
  const items = (await models.list()).map((model): TargetItem => {
    const name = editorModelName(model);
    return { name, label: mark(name), description: `${model.name} · counts on request; live: ${howCounted(name)}` };
  });
  return items.length === 0 ? [] : [{ label: 'Models of the editor', kind: QuickPickItemKind.Separator }, ...items];
}

function howCounted(name: string): string {
  const { tokenizer } = countingTarget(name);
  return tokenizer.kind === 'exact' ? `exact, ${tokenizer.encoding}` : 'estimate with a band';
}
