import type { EncodingName } from '../../core/tokens/counter';

/** Something that tokens can be counted for, offered in pickers. Any other model can be typed. */
export interface KnownModel {
  readonly name: string;
  readonly vendor: string;
}

export const encodingNotes: Readonly<Record<EncodingName, string>> = {
  o200k_base: 'GPT-4o, GPT-5 and the o-series',
  cl100k_base: 'GPT-4, GPT-3.5 and the embedding models',
};

/** Models whose counts people compare; one for each way of counting. */
export const knownModels: readonly KnownModel[] = [
  { name: 'gpt-5', vendor: 'OpenAI' },
  { name: 'gpt-4.1', vendor: 'OpenAI' },
  { name: 'gpt-4', vendor: 'OpenAI' },
  { name: 'claude-opus-5', vendor: 'Anthropic' },
  { name: 'claude-sonnet-5', vendor: 'Anthropic' },
  { name: 'claude-opus-4.6', vendor: 'Anthropic' },
  { name: 'gemini-3-pro', vendor: 'Google' },
];
