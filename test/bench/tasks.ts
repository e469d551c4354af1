/** The libraries that are compared; the second one is the reference of all ratios. */
export const libraries = [
  'Context Cache',
  'tiktoken',
  'gpt-tokenizer',
  '@microsoft/tiktokenizer',
  'ai-tokenizer',
  'js-tiktoken',
] as const;
export type Library = (typeof libraries)[number];

/** What a process with one library is to do. */
export interface SubjectTask {
  readonly library: Library;
  readonly kind: 'open' | 'count' | 'edit' | 'edit in a run' | 'workspace';
  /** Each row's texts, in files, in the order of their sizes within a kind of text. */
  readonly rows: readonly { readonly name: string; readonly files: readonly string[] }[];
  /** A row that would take longer than this, going by the row before, is left out. */
  readonly limitMs: number;
  readonly clock: 'wall' | 'cpu';
  readonly dataFolder: string;
  readonly tablesFolder: string;
  /** The ranks in tiktoken's own file format, for the library that reads nothing else. */
  readonly ranksFile: string;
}

export interface TaskResult {
  readonly openMs: number;
  readonly openMb: number;
  rows: Record<string, { readonly ms: number | undefined; readonly tokens: number }>;
}
