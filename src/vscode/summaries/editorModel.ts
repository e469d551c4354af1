import { CancellationTokenSource, LanguageModelChatMessage, LanguageModelError } from 'vscode';
import type { LanguageModelChat } from 'vscode';
import { SourceError, throwIfCancelled } from '../../core/errors';
import type { SourceErrorCode } from '../../core/errors';
import type { SummaryAnswer, SummaryModel, SummaryQuestion } from '../../core/summaries/model';
import { editorModelName } from '../tokens/editorModels';

/** A model from which nothing comes for this long is given up. */
const patienceMs = 120_000;
const maxAnswerLength = 1024 * 1024;

/** A language model of the editor as one that sums up. The editor itself asks for its own consent the first time. */
export function editorSummaryModel(model: LanguageModelChat): SummaryModel {
  return {
    id: editorModelName(model),
    destination: `${model.name} (${model.vendor}, through the editor)`,
    windowTokens: model.maxInputTokens,
    ask: async (question, { signal }) => ask(model, question, signal),
  };
}

async function ask(
  model: LanguageModelChat,
  { instructions, material }: SummaryQuestion,
  signal: AbortSignal | undefined,
): Promise<SummaryAnswer> {
  throwIfCancelled(signal);
  const cancellation = new CancellationTokenSource();
  const late = new AbortController();
  const cancel = (): void => {
    cancellation.cancel();
  };
  const giveUp = (): void => {
    late.abort();
    cancel();
  };
  let timer = setTimeout(giveUp, patienceMs);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const stopped = new Promise<undefined>((resolve) => {
      cancellation.token.onCancellationRequested(() => {
        resolve(undefined);
      });
    });
    const read = async (): Promise<string> => {
      let text = '';
      const messages = [LanguageModelChatMessage.User(`${instructions}\n\n${material}`)];
      const options = { justification: 'Context Cache sums up what you chose, to keep the summary in a cache.' };
      const answer = await model.sendRequest(messages, options, cancellation.token);
      for await (const part of answer.text) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, patienceMs);
        text += part;
        if (text.length > maxAnswerLength) {
          throw new SourceError('protocol', `The answer of ${model.name} does not end.`, {
            nextStep: 'Choose another model.',
          });
        }
      }
      return text;
    };
    // A vendor's extension may not heed the token.
    const reading = read();
    reading.catch(() => undefined);
    const text = await Promise.race([reading, stopped]);
    throwIfCancelled(signal);
    if (text === undefined) {
      throw lateError(model);
    }
    return { kind: 'text', text };
  } catch (error) {
    throwIfCancelled(signal);
    if (late.signal.aborted && !(error instanceof SourceError)) {
      throw lateError(model);
    }
    throw error instanceof SourceError ? error : modelError(model, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    cancellation.dispose();
  }
}

function lateError({ name }: LanguageModelChat): SourceError {
  return new SourceError('timeout', `${name} has not answered in time.`, { nextStep: 'Try again.' });
}

type CodeAndStep = readonly [code: SourceErrorCode, nextStep: string];

const reasons: ReadonlyMap<string, CodeAndStep> = new Map<string, CodeAndStep>([
  [LanguageModelError.NoPermissions.name, ['forbidden', 'Allow Context Cache to use it, or choose another model.']],
  [LanguageModelError.Blocked.name, ['quota', 'Wait until it may be used again, or choose another model.']],
  [LanguageModelError.NotFound.name, ['not-found', 'Choose another model.']],
]);

function modelError({ name }: LanguageModelChat, error: unknown): SourceError {
  const code = error instanceof LanguageModelError ? error.code : '';
  const [reason, nextStep] = reasons.get(code) ?? (['unavailable', 'Try again, or choose another model.'] as const);
  const said = error instanceof Error ? error.message : String(error);
  return new SourceError(reason, `${name} could not answer: ${said}`, { nextStep, cause: error });
}
