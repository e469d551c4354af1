import { ConfigurationTarget, QuickPickItemKind } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { UserError } from '../../core/errors';
import { endpointModel } from '../../core/summaries/endpointModel';
import type { SummaryModel } from '../../core/summaries/model';
import { formatTokens } from '../format';
import type { Services } from '../services';
import { EditorModels, editorModelName } from '../tokens/editorModels';
import { editorSummaryModel } from './editorModel';

/** The value of the setting that means the endpoint; models of the editor are called `<vendor>/<id>`. */
const endpointName = 'endpoint';
const keyName = 'contextCache.summaries.endpointKey';
const title = 'Model for Summaries';

interface ModelItem extends QuickPickItem {
  readonly name?: string;
}

/** Which model sums up: chosen once and remembered in the user's settings. */
export class SummaryModels {
  readonly #services: Services;
  readonly #editor = new EditorModels();

  constructor(services: Services) {
    this.#services = services;
  }

  /** The chosen model; a person is asked when none is chosen, or the chosen one is gone. undefined when they give up. */
  async current(): Promise<SummaryModel | undefined> {
    const name = this.#services.settings.get('contextCache.summaries.model');
    return (await this.#named(name)) ?? this.pick();
  }

  /** Asks for a model and remembers it. */
  async pick(): Promise<SummaryModel | undefined> {
    const { settings, prompts } = this.#services;
    const now = settings.get('contextCache.summaries.model');
    const mark = (name: string, label: string): string => (name === now ? `$(check) ${label}` : label);
    const models = await this.#editor.list();
    const items: ModelItem[] = [
      ...(models.length === 0 ? [] : [{ label: 'Models of the editor', kind: QuickPickItemKind.Separator }]),
      ...models.map((model) => ({
        name: editorModelName(model),
        label: mark(editorModelName(model), model.name),
        description: `${model.vendor} · takes ${formatTokens(model.maxInputTokens)} tokens`,
      })),
      { label: 'Elsewhere', kind: QuickPickItemKind.Separator },
      {
        name: endpointName,
        label: mark(endpointName, 'OpenAI-compatible endpoint…'),
        description: settings.get('contextCache.summaries.endpoint'),
      },
    ];
    const placeHolder = 'What you sum up is sent to this model.';
    const choice = await prompts.pick(items, { title, placeHolder, matchOnDescription: true });
    if (choice?.name === undefined || (choice.name === endpointName && !(await this.#askEndpoint()))) {
      return undefined;
    }
    await settings.update('contextCache.summaries.model', choice.name, ConfigurationTarget.Global);
    return this.#named(choice.name);
  }

  /** Address, name and key of the endpoint; false when the person gives up. */
  async #askEndpoint(): Promise<boolean> {
    const { settings, prompts, secrets } = this.#services;
    const address = await prompts.input({
      title,
      prompt: 'The base address of the endpoint: HTTPS, or this machine',
      value: settings.get('contextCache.summaries.endpoint'),
      validateInput: (text) => problemOf(text),
    });
    const model =
      address === undefined
        ? undefined
        : await prompts.input({
            title,
            prompt: 'The name of the model, as the endpoint knows it',
            value: settings.get('contextCache.summaries.endpointModel'),
            validateInput: (text) => (text.trim() === '' ? 'Enter a name.' : undefined),
          });
    if (address === undefined || model === undefined) {
      return false;
    }
    const known = (await secrets.get(keyName)) !== undefined;
    const key = await prompts.input({
      title,
      prompt: known
        ? 'The key of the endpoint; leave it empty to keep the one that is kept, enter - to forget it'
        : 'The key of the endpoint, kept in the editor’s secret storage; empty where none is needed',
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) => (/^[\x21-\x7e]*$/.test(text.trim()) ? undefined : 'Enter the key, without spaces.'),
    });
    if (key === undefined) {
      return false;
    }
    if (key.trim() === '-') {
      await secrets.delete(keyName);
    } else if (key.trim() !== '') {
      await secrets.store(keyName, key.trim());
    }
    await settings.update('contextCache.summaries.endpoint', address.trim(), ConfigurationTarget.Global);
    await settings.update('contextCache.summaries.endpointModel', model.trim(), ConfigurationTarget.Global);
    return true;
  }

  async #named(name: string): Promise<SummaryModel | undefined> {
    const { settings, secrets } = this.#services;
    if (name === endpointName) {
      const model = settings.get('contextCache.summaries.endpointModel').trim();
      return model === ''
        ? undefined
        : endpointModel({
            address: settings.get('contextCache.summaries.endpoint'),
            model,
            key: await secrets.get(keyName),
            windowTokens: settings.get('contextCache.summaries.endpointWindow'),
          });
    }
    const model = name === '' ? undefined : (await this.#editor.list()).find((one) => editorModelName(one) === name);
    return model === undefined ? undefined : editorSummaryModel(model);
  }
}

/** What is wrong with an address; undefined when nothing is. */
function problemOf(address: string): string | undefined {
  try {
    endpointModel({ address: address.trim(), model: 'any', key: undefined });
    return undefined;
  } catch (error) {
    return error instanceof UserError ? `${error.message} ${error.nextStep}` : String(error);
  }
}
