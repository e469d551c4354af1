import { CancellationTokenSource, lm } from 'vscode';
import type { LanguageModelChat } from 'vscode';
import { SourceError, describeError, throwIfCancelled } from '../../core/errors';
import { CountMemory } from '../../core/tokens/countMemory';
import type { VendorCount } from './explanationReport';

/** A model that does not answer within this time is left to itself. */
const patienceMs = 5000;
/** Counts kept while the window is open. */
const maxRemembered = 1000;

/**
 * The language models that other extensions bring into the editor, and what they count for a text. They are handed a
 * string: for message objects some have answered 4.
 */
export class EditorModels {
  private readonly counts = new Map<string, number>();

  /** The models there are; none in an editor without them, or when their extensions fail. */
  async list(): Promise<readonly LanguageModelChat[]> {
    // Editors built on this one may come without language models.
    const api = lm as Partial<typeof lm> | undefined;
    if (api?.selectChatModels === undefined) {
      return [];
    }
    try {
      return await withPatience(api.selectChatModels(), []);
    } catch {
      return [];
    }
  }

  /** What each model counts; one that fails says why. */
  async countWith(models: readonly LanguageModelChat[], text: string, signal: AbortSignal): Promise<VendorCount[]> {
    const counts = await Promise.all(
      models.map(async (model): Promise<VendorCount> => {
        const how = `${model.vendor} through the editor`;
        try {
          return { name: model.name, by: how, tokens: await this.count(model, text, signal) };
        } catch (error) {
          return { name: model.name, by: how, failure: describeError(error) };
        }
      }),
    );
    throwIfCancelled(signal);
    return counts;
  }

  /** @throws SourceError when the model gives no number, or not in time */
  async count(model: LanguageModelChat, text: string, signal: AbortSignal | undefined): Promise<number> {
    throwIfCancelled(signal);
    const key = CountMemory.keyOf(`${editorModelName(model)}\n${model.version}\n${text}`);
    const known = this.counts.get(key);
    if (known !== undefined) {
      return known;
    }
    const cancellation = new CancellationTokenSource();
    const cancel = (): void => {
      cancellation.cancel();
    };
    const timer = setTimeout(cancel, patienceMs);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = await Promise.race([
        model.countTokens(text, cancellation.token),
        new Promise<undefined>((resolve) => {
          cancellation.token.onCancellationRequested(() => {
            resolve(undefined);
          });
        }),
      ]);
      throwIfCancelled(signal);
      if (answer === undefined) {
        throw new SourceError('timeout', `${model.name} has not counted in time.`, { nextStep: 'Try again.' });
      }
      if (!Number.isSafeInteger(answer) || answer < 0) {
        throw new SourceError('protocol', `${model.name} answered without a number of tokens.`, {
          nextStep: 'Choose another model.',
        });
      }
      this.remember(key, answer);
      return answer;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  private remember(key: string, tokens: number): void {
    const oldest = this.counts.keys().next();
    if (this.counts.size >= maxRemembered && oldest.done !== true) {
      this.counts.delete(oldest.value);
    }
    this.counts.set(key, tokens);
  }
}

/** The name under which a model of the editor is chosen: `copilot/gpt-5`. */
export function editorModelName({ vendor, id }: Pick<LanguageModelChat, 'vendor' | 'id'>): string {
  return `${vendor}/${id}`;
}

async function withPatience<Value>(work: Thenable<Value>, otherwise: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<Value>((resolve) => {
        timer = setTimeout(() => {
          resolve(otherwise);
        }, patienceMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
