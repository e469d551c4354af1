import { CancellationTokenSource, lm } from 'vscode';
import { throwIfCancelled } from '../../core/errors';
import type { EditorModelCount } from './explanationReport';

/** A model that does not answer within this time is left out. */
const patienceMs = 5000;

/**
 * What the editor's language models count for a text. They are handed a string: for message objects some have
 * answered 4. A model that fails is left out, as the answer is only a comparison.
 */
export async function countWithEditorModels(text: string, signal: AbortSignal): Promise<EditorModelCount[]> {
  const models = await lm.selectChatModels();
  const counts = await Promise.all(
    models.map(async (model) => {
      const cancellation = new CancellationTokenSource();
      const cancel = (): void => {
        cancellation.cancel();
      };
      const timer = setTimeout(cancel, patienceMs);
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const answer = await Promise.race([
          model.countTokens(text, cancellation.token),
          new Promise<undefined>((resolve) => {
            cancellation.token.onCancellationRequested(() => {
              resolve(undefined);
            });
          }),
        ]);
        return answer === undefined ? undefined : { name: model.name, vendor: model.vendor, tokens: answer };
      } catch {
        return undefined;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        cancellation.dispose();
      }
    }),
  );
  throwIfCancelled(signal);
  return counts.filter((count) => count !== undefined);
}
