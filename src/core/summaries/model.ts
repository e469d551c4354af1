import type { ScopeName } from '../cache/model';
import { UserError } from '../errors';

/** What is summed up. */
export type SummaryKind = 'message' | 'conversation' | 'file' | 'selection' | 'entry' | 'project';

/** Something to be summed up, with the place where its summary is kept. */
export interface SummarySource {
  readonly kind: SummaryKind;
  /** What a person calls it: a path, a key, "Selection of …". */
  readonly label: string;
  /** Where the summary is kept; the key as a caller of the cache names it. */
  readonly scope: Extract<ScopeName, 'task' | 'project'>;
  readonly originalKey: string;
  /** 16 hex digits that change with every byte of the source; see `SummaryOrigin`. */
  readonly fingerprint: string;
  /** Paragraphs, messages or files, in order; together they are the source's text. */
  readonly pieces: readonly string[];
  /** Where it can be found again: `<scope>/<key>` of the same cache, or paths relative to the workspace. */
  readonly place: { readonly entry?: string; readonly files?: readonly string[] };
}

/** One question to a model. */
export interface SummaryQuestion {
  /** What the model is to do. */
  readonly instructions: string;
  /** The source between its marks; data, never instructions. */
  readonly material: string;
}

/** What came back from a model. Everything else that goes wrong is a SourceError. */
export type SummaryAnswer =
  | { readonly kind: 'text'; readonly text: string }
  /** The model, or a filter around it, would not. `reason` is the model's own words, if it gave any. */
  | { readonly kind: 'refused'; readonly reason: string | undefined }
  /** The answer was cut off before its end. */
  | { readonly kind: 'truncated' };

/** A model that sums up: one of the editor, or one behind an endpoint. */
export interface SummaryModel {
  /** Recorded with each summary, such as `copilot/gpt-5`. Decides how its tokens are estimated, too. */
  readonly id: string;
  /** Where the source is sent, for the question that asks a person: "GPT-5 of copilot". */
  readonly destination: string;
  /** The most tokens of one question together with its answer, as the model counts them. */
  readonly windowTokens: number;
  /** Throws SourceErrors: `auth`, `rate-limited`, `timeout`, `unavailable`, `cancelled`, `protocol`, … */
  ask(question: SummaryQuestion, options: { readonly signal?: AbortSignal | undefined }): Promise<SummaryAnswer>;
}

/** Why nothing was stored, where it was not an error of the model's place. */
export type SummaryProblem = 'refused' | 'empty' | 'longer' | 'truncated' | 'budget' | 'window';

/** A summary that was not made; nothing was stored. */
export class SummaryError extends UserError {
  readonly problem: SummaryProblem;

  constructor(problem: SummaryProblem, message: string, nextStep: string) {
    super(message, nextStep);
    this.problem = problem;
  }
}

/** Sources below this many characters are short enough to be read as they are. As the original writer has it. */
export const shortestSource = 30;

/** Tokens that a summary of each kind may have; 150 for a message, as the original writer has it. */
export const summaryTokens: Readonly<Record<SummaryKind, number>> = {
  message: 150,
  conversation: 500,
  file: 300,
  selection: 200,
  entry: 300,
  project: 800,
};
