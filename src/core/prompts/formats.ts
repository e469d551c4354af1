import type { CompiledPrompt } from './compile';
import { toAnthropic } from './messages/anthropic';
import { toGemini } from './messages/gemini';
import { toOpenAi } from './messages/openai';
import type { ModelRules, ProviderTable, RequestFormat } from './providers';

export const outputFormats = ['text', 'anthropic', 'openai', 'gemini'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface FormatOptions {
  readonly providers: ProviderTable;
  /** Instead of the first model of the manifest that speaks the format. */
  readonly model?: string | undefined;
  /** Tokens of the static prefix: decides whether an explicit cache is legal. */
  readonly staticTokens: number;
}

/** The bytes of a compiled prompt in one format; ends with a line break, and is the same on every machine. */
export function formatPrompt(prompt: CompiledPrompt, format: OutputFormat, options: FormatOptions): string {
  if (format === 'text') {
    return prompt.text;
  }
  const rules = modelFor(prompt, format, options);
  const model = rules?.model ?? options.model;
  switch (format) {
    case 'anthropic':
      return written(toAnthropic(prompt, model));
    case 'openai':
      return written(toOpenAi(prompt, rules));
    case 'gemini': {
      const minimum = rules?.cache.minimumTokens ?? Infinity;
      return written(toGemini(prompt, { model, explicitCache: options.staticTokens >= minimum }));
    }
  }
}

/** The file name of a compiled variant. */
export function compiledFileName(prompt: CompiledPrompt, format: OutputFormat): string {
  return format === 'text' ? `${prompt.name}.${prompt.variant}.md` : `${prompt.name}.${prompt.variant}.${format}.json`;
}

function modelFor(prompt: CompiledPrompt, format: RequestFormat, options: FormatOptions): ModelRules | undefined {
  const models = options.model === undefined ? prompt.manifest.models : [options.model];
  return models.map((model) => options.providers.forModel(model)).find((rules) => rules?.format === format);
}

function written(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
