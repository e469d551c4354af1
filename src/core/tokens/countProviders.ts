/** Vendors whose models are counted exactly by an endpoint of theirs, and by nothing offline. */
export const countProviderIds = ['anthropic', 'gemini'] as const;
export type CountProviderId = (typeof countProviderIds)[number];

/** How a vendor is asked for the tokens of a text. */
export interface CountProvider {
  readonly id: CountProviderId;
  /** Such as "Anthropic". */
  readonly label: string;
  /** Base address without a slash at its end. */
  readonly defaultAddress: string;
  /** The environment variable in which the vendor's own tools look for the key. */
  readonly keyVariable: string;
  /** What else the vendor's number holds; shown to people. */
  readonly note: string;
  /** The vendor's id of the model, or undefined for a model of somebody else. */
  modelId(model: string): string | undefined;
  /** Path below the base address, headers and JSON body of the question. */
  request(text: string, modelId: string, key: string): CountRequest;
  /** The number in the vendor's answer, if it is where it should be. */
  readTokens(answer: Readonly<Record<string, unknown>>): unknown;
}

export interface CountRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const anthropic: CountProvider = {
  id: 'anthropic',
  label: 'Anthropic',
  defaultAddress: 'https://api.anthropic.com',
  keyVariable: 'ANTHROPIC_API_KEY',
  note: 'as one user message, whose frame is a few tokens of the number',
  // The API writes versions with a dash where people and editors write a dot.
  modelId: (model) => {
    const name = withoutVendor(model);
    return name.startsWith('claude-') ? name.replace(/(\d)\.(\d)/g, '$1-$2') : undefined;
  },
  // https://docs.claude.com/en/api/messages-count-tokens
  request: (text, modelId, key) => ({
    path: '/v1/messages/count_tokens',
    headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
    body: { model: modelId, messages: [{ role: 'user', content: text }] },
  }),
  readTokens: (answer) => answer['input_tokens'],
};

const gemini: CountProvider = {
  id: 'gemini',
  label: 'Google Gemini',
  defaultAddress: 'https://generativelanguage.googleapis.com',
  keyVariable: 'GEMINI_API_KEY',
  note: 'as one user message',
  modelId: (model) => {
    const name = withoutVendor(model);
    return name.startsWith('gemini-') ? name : undefined;
  },
  // https://ai.google.dev/api/tokens
  request: (text, modelId, key) => ({
    path: `/v1beta/models/${encodeURIComponent(modelId)}:countTokens`,
    headers: { 'x-goog-api-key': key },
    body: { contents: [{ role: 'user', parts: [{ text }] }] },
  }),
  readTokens: (answer) => answer['totalTokens'],
};

export const countProviders: Readonly<Record<CountProviderId, CountProvider>> = { anthropic, gemini };

/** The vendor that counts for a model, if there is one. */
export function countProviderFor(model: string): CountProvider | undefined {
  return countProviderIds.map((id) => countProviders[id]).find((provider) => provider.modelId(model) !== undefined);
}

/** `claude-opus-5` of `copilot/claude-opus-5`, `gemini-3-pro` of `models/gemini-3-pro`. */
function withoutVendor(model: string): string {
  return model.trim().toLowerCase().split('/').at(-1)!;
}
