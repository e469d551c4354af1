import { setTimeout as wait } from 'node:timers/promises';
import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { SourceErrorCode } from '../errors';
import { parseObject, readBounded, retryAfterMs } from '../httpAnswer';
import { safeAddress } from '../safeAddress';
import type { SummaryAnswer, SummaryModel, SummaryQuestion } from './model';

/** The public one, and an example of an address. */
export const defaultEndpoint = 'https://api.openai.com/v1';
/** Tokens of a question with its answer, where nobody says how many the model takes. */
export const defaultWindowTokens = 32_000;

export interface EndpointOptions {
  /** Base address without `/chat/completions`: HTTPS, or this machine. */
  readonly address: string;
  /** As the endpoint names it. */
  readonly model: string;
  /** Undefined for an endpoint of this machine that asks for none. */
  readonly key: string | undefined;
  readonly windowTokens?: number | undefined;
  /** Milliseconds that one answer may take. Default two minutes. */
  readonly timeoutMs?: number | undefined;
  /** For tests: waits before another attempt. */
  readonly delay?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

const maxAnswerBytes = 4 * 1024 * 1024;
const attempts = 3;
/** An endpoint that asks for more patience than this is told to the person instead. */
const longestWaitMs = 20_000;
const firstWaitMs = 1000;

/**
 * A model behind an OpenAI-compatible endpoint (Chat Completions). The key goes to that address alone and is in no
 * error; a redirect is an error. Throws a SourceError for an address that a key may not be sent to.
 */
export function endpointModel(options: EndpointOptions): SummaryModel {
  const base = safeAddress(options.address, { name: 'an OpenAI-compatible endpoint', example: defaultEndpoint });
  const { host } = new URL(base);
  return {
    id: options.model,
    destination: `${options.model} at ${host}`,
    windowTokens: options.windowTokens ?? defaultWindowTokens,
    ask: async (question, { signal }) => {
      assertKey(options.key, base);
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await askOnce(base, options, question, signal);
        } catch (error) {
          const waitMs = waitFor(error, attempt);
          if (waitMs === undefined) {
            throw error;
          }
          await (options.delay ?? pause)(waitMs, signal);
          throwIfCancelled(signal);
        }
      }
    },
  };
}

async function askOnce(
  base: string,
  { model, key, timeoutMs = 120_000 }: EndpointOptions,
  { instructions, material }: SummaryQuestion,
  signal: AbortSignal | undefined,
): Promise<SummaryAnswer> {
  throwIfCancelled(signal);
  const { host } = new URL(base);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        model,
        stream: false,
        messages: [
          { role: 'system', content: instructions },
          { role: 'user', content: material },
        ],
      }),
      // A redirect would take the key and the source to another place.
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const answer = parseObject(await readBounded(response, maxAnswerBytes));
    if (!response.ok) {
      throw statusError(host, model, response, answer);
    }
    return readChoice(host, answer);
  } catch (error) {
    throwIfCancelled(signal);
    if (error instanceof SourceError) {
      throw error;
    }
    if (timeout.aborted) {
      throw new SourceError('timeout', `${host} has not answered in time.`, { nextStep: 'Try again.' });
    }
    throw new SourceError('unavailable', `${host} can't be reached.`, {
      nextStep: 'Check the connection and the address.',
      cause: error,
    });
  }
}

interface Choice {
  readonly finish_reason?: unknown;
  readonly message?: { readonly content?: unknown; readonly refusal?: unknown } | null;
}

/** https://platform.openai.com/docs/api-reference/chat/object */
function readChoice(host: string, answer: Readonly<Record<string, unknown>> | undefined): SummaryAnswer {
  const choices = answer?.['choices'];
  const choice = (Array.isArray(choices) ? choices[0] : undefined) as Choice | null | undefined;
  const message = choice?.message;
  const refusal = message?.refusal;
  if (typeof refusal === 'string' && refusal !== '') {
    return { kind: 'refused', reason: refusal.slice(0, 300) };
  }
  if (choice?.finish_reason === 'content_filter') {
    return { kind: 'refused', reason: 'a content filter stopped the answer' };
  }
  if (choice?.finish_reason === 'length') {
    return { kind: 'truncated' };
  }
  const content = message?.content;
  // An answer without any text is one, too: it is told from an answer that is no answer at all.
  if (typeof content === 'string' || (message !== undefined && message !== null && content === null)) {
    return { kind: 'text', text: content ?? '' };
  }
  throw new SourceError('protocol', `${host} answered without a message.`, {
    nextStep: 'Check that the address is that of an OpenAI-compatible endpoint.',
  });
}

function assertKey(key: string | undefined, base: string): void {
  const isLocal = new URL(base).protocol === 'http:';
  if (key === undefined ? !isLocal : !/^[\x21-\x7e]+$/.test(key)) {
    throw new SourceError('auth', `There is no usable key for ${new URL(base).host}.`, {
      nextStep: 'Set OPENAI_API_KEY, or “Select Summary Model…” in the editor.',
    });
  }
}

/** Milliseconds to wait before the next attempt; undefined when there is none. */
function waitFor(error: unknown, attempt: number): number | undefined {
  if (attempt >= attempts || !isSourceError(error, 'rate-limited', 'unavailable') || error.cause !== undefined) {
    return undefined;
  }
  const waitMs = error.retryAfterMs ?? firstWaitMs * 2 ** (attempt - 1);
  return waitMs <= longestWaitMs ? waitMs : undefined;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch {
    throwIfCancelled(signal);
  }
}

function statusError(
  host: string,
  model: string,
  response: Response,
  answer: Readonly<Record<string, unknown>> | undefined,
): SourceError {
  const { status } = response;
  const error = answer?.['error'];
  const said = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  const detail = typeof said === 'string' && said !== '' ? `: ${said.slice(0, 300)}` : '.';
  const [code, nextStep] = statuses.get(status) ?? otherStatus(status);
  const waitMs = retryAfterMs(response);
  return new SourceError(code, `${host} answered ${status} for ${model}${detail}`, {
    nextStep,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

type CodeAndStep = readonly [code: SourceErrorCode, nextStep: string];

const statuses: ReadonlyMap<number, CodeAndStep> = new Map<number, CodeAndStep>([
  [400, ['unsupported', 'Check the name of the model; the endpoint refuses the question.']],
  [401, ['auth', 'Check the key of the endpoint.']],
  [402, ['quota', 'Check your account at the provider.']],
  [403, ['forbidden', 'Check what the key may do.']],
  [404, ['not-found', 'Check the name of the model and the address of the endpoint.']],
  [408, ['timeout', 'Try again.']],
  [413, ['too-large', 'Say that the model takes fewer tokens at once, so that the source is cut into smaller parts.']],
  [429, ['rate-limited', 'Wait a little and try again.']],
]);

function otherStatus(status: number): CodeAndStep {
  return status >= 500 ? ['unavailable', 'Try again in a while.'] : ['protocol', 'Check the address of the endpoint.'];
}
