import { join } from 'node:path';
import { SourceError, throwIfCancelled } from '../errors';
import type { SourceErrorCode } from '../errors';
import type { Logger } from '../ports';
import { CountMemory } from './countMemory';
import { countProviderFor } from './countProviders';
import type { CountProvider, CountProviderId } from './countProviders';
import { parseObject, readBounded, retryAfterMs } from '../httpAnswer';
import { safeAddress } from '../safeAddress';

/** What a vendor said about a text. */
export interface ProviderCount {
  readonly tokens: number;
  readonly provider: CountProviderId;
  /** The vendor's id of the model that was asked for. */
  readonly model: string;
  /** Whether the answer came from memory, so that nothing was sent. */
  readonly remembered: boolean;
}

export interface ProviderCounterOptions {
  /** Counts are remembered here between runs, by the hash of address, model and text; texts and keys are not. */
  readonly dataFolder: string;
  readonly log?: Logger | undefined;
  /** Default `fetch` of the platform. */
  readonly send?: typeof fetch | undefined;
  /** Milliseconds that an answer may take. Default 30 seconds. */
  readonly timeoutMs?: number | undefined;
}

export interface ProviderCountOptions {
  readonly key: string;
  /** Base address in place of the vendor's own: HTTPS, or this machine. */
  readonly address?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** UTF-16 units; the vendors' own limits are about as high, and an answer to more would take long. */
const maxTextLength = 8 * 1024 * 1024;
const maxAnswerBytes = 1024 * 1024;

/**
 * Asks vendors how many tokens a text has. Only on somebody's request: each question sends the text. The key goes to
 * the address alone and is in no error. Throws SourceErrors, and never answers with an estimate.
 */
export class ProviderCounter {
  readonly #options: ProviderCounterOptions;
  #memory: Promise<CountMemory> | undefined;

  constructor(options: ProviderCounterOptions) {
    this.#options = options;
  }

  async count(text: string, model: string, options: ProviderCountOptions): Promise<ProviderCount> {
    throwIfCancelled(options.signal);
    const provider = countProviderFor(model);
    const modelId = provider?.modelId(model);
    if (provider === undefined || modelId === undefined) {
      throw new SourceError('unsupported', `No provider counts tokens for ${JSON.stringify(model)}.`, {
        nextStep: 'Choose a model of Anthropic (claude-…) or Google (gemini-…).',
      });
    }
    const { label: name, defaultAddress: example } = provider;
    const base = safeAddress(options.address ?? example, { name, example });
    const counted = (tokens: number, remembered: boolean): ProviderCount => ({
      tokens,
      provider: provider.id,
      model: modelId,
      remembered,
    });
    // The vendors refuse empty messages.
    if (text === '') {
      return counted(0, true);
    }
    const key = CountMemory.keyOf(`${base}\n${modelId}\n${text}`);
    const memory = await this.#openMemory();
    const known = memory.recall(key);
    if (known !== undefined) {
      return counted(known, true);
    }
    const tokens = await this.#ask(provider, base, modelId, text, options);
    memory.remember(key, tokens);
    await memory.save();
    return counted(tokens, false);
  }

  async #ask(
    provider: CountProvider,
    base: string,
    modelId: string,
    text: string,
    { key, signal }: ProviderCountOptions,
  ): Promise<number> {
    if (!/^[\x21-\x7e]+$/.test(key)) {
      throw new SourceError('auth', `There is no usable key for ${provider.label}.`, {
        nextStep: `Set a key: ${provider.keyVariable}, or “Set Provider Key…” in the editor.`,
      });
    }
    if (text.length > maxTextLength) {
      throw new SourceError('too-large', `The text is too long to be counted by ${provider.label}.`, {
        nextStep: `Give at most ${maxTextLength} characters.`,
      });
    }
    // A lone surrogate can't be sent; offline, too, it counts as U+FFFD.
    const { path, headers, body } = provider.request(text.replace(loneSurrogates, '\ufffd'), modelId, key);
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 30_000);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const response = await (this.#options.send ?? fetch)(`${base}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // A redirect would take the key and the text to another place.
        redirect: 'error',
        signal: both,
      });
      const answer = parseObject(await readBounded(response, maxAnswerBytes));
      if (!response.ok) {
        throw statusError(provider, response, answer, modelId);
      }
      const tokens = answer === undefined ? undefined : provider.readTokens(answer);
      if (!Number.isSafeInteger(tokens) || (tokens as number) < 0) {
        throw new SourceError('protocol', `${provider.label} answered without a number of tokens.`, {
          nextStep: 'Check the address of the provider.',
        });
      }
      return tokens as number;
    } catch (error) {
      throwIfCancelled(signal);
      if (error instanceof SourceError) {
        throw error;
      }
      if (timeout.aborted) {
        throw new SourceError('timeout', `${provider.label} has not answered in time.`, { nextStep: 'Try again.' });
      }
      throw new SourceError('unavailable', `${provider.label} can't be reached at ${new URL(base).host}.`, {
        nextStep: 'Check the connection and the address.',
        cause: error,
      });
    }
  }

  async #openMemory(): Promise<CountMemory> {
    const { dataFolder, log } = this.#options;
    this.#memory ??= CountMemory.open({
      file: join(dataFolder, 'token-counts', 'providers.counts'),
      tables: 'providers 1',
      log,
    });
    return this.#memory;
  }
}

const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function statusError(
  { id, label }: CountProvider,
  response: Response,
  answer: Readonly<Record<string, unknown>> | undefined,
  modelId: string,
): SourceError {
  const { status } = response;
  const error = answer?.['error'];
  const said = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  const detail = typeof said === 'string' && said !== '' ? `: ${said.slice(0, 300)}` : '.';
  // Google answers a key that it does not know with 400, and says so among the details.
  const badKey = id === 'gemini' && status === 400 && JSON.stringify(error).includes('"API_KEY_INVALID"');
  const [code, nextStep] = badKey ? keyProblem : (statuses.get(status) ?? otherStatus(status));
  const waitMs = retryAfterMs(response);
  return new SourceError(code, `${label} answered ${status} for ${modelId}${detail}`, {
    nextStep,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

type CodeAndStep = readonly [code: SourceErrorCode, nextStep: string];

const keyProblem: CodeAndStep = ['auth', 'Check the key of the provider.'];

const statuses: ReadonlyMap<number, CodeAndStep> = new Map<number, CodeAndStep>([
  [400, ['unsupported', 'Check the name of the model; the provider refuses the question.']],
  [401, keyProblem],
  [402, ['quota', 'Check your account at the provider.']],
  [403, ['forbidden', 'Check what the key may do.']],
  [404, ['not-found', 'Check the name of the model and the address of the provider.']],
  [408, ['timeout', 'Try again.']],
  [413, ['too-large', 'Count a shorter text.']],
  [429, ['rate-limited', 'Wait a little and try again.']],
]);

function otherStatus(status: number): CodeAndStep {
  return status >= 500 ? ['unavailable', 'Try again in a while.'] : ['protocol', 'Check the address of the provider.'];
}
