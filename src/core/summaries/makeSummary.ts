import { throwIfCancelled } from '../errors';
import type { WorkOptions } from '../ports';
import type { TokenCounter } from '../tokens/counter';
import { tokenizerForModel } from '../tokens/models';
import { packPieces } from './chunks';
import { SummaryError, summaryTokens } from './model';
import type { SummaryModel, SummaryQuestion, SummarySource } from './model';
import { questionFor, readAnswer } from './questions';
import type { QuestionStep } from './questions';
import type { TokenBudget } from './tokenBudget';

/** Counts of sources and summaries are in this encoding, whoever the model is. */
export const summaryEncoding = 'o200k_base';
/** Below this much room for the source the work would never end. */
const leastRoom = 200;
/** Models write a little more than they are asked to. */
const answerMargin = 2;

export interface MadeSummary {
  readonly text: string;
  /** In `summaryEncoding`. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
  /** Sent to the model and received from it, in `summaryEncoding`. */
  readonly tokensSpent: number;
  readonly questions: number;
}

/** What summing up a source will take, before anything is sent. */
export interface SummaryEffort {
  readonly tokensBefore: number;
  /** Questions to the model: one, or one per part and those that join the parts. */
  readonly questions: number;
  /** About as many tokens are sent and received in all. */
  readonly tokens: number;
}

export interface MakeOptions extends WorkOptions {
  readonly budget: TokenBudget;
}

/**
 * Sums up a source with a model. A source that is too long for one question is cut into parts of paragraphs or
 * messages, each is summed up, and the summaries are summed up together, again and again if need be. Throws a
 * SummaryError when the model refuses, answers with nothing, is cut off, or says more than the source, and when the
 * budget does not suffice.
 */
export async function makeSummary(
  source: SummarySource,
  model: SummaryModel,
  counter: TokenCounter,
  options: MakeOptions,
): Promise<MadeSummary> {
  const work = new SummaryWork(source, model, counter, options);
  return work.run();
}

/** What `makeSummary` would take; nothing is sent. */
export async function estimateEffort(
  source: SummarySource,
  model: SummaryModel,
  counter: TokenCounter,
  options: WorkOptions = {},
): Promise<SummaryEffort> {
  const count = async (texts: readonly string[]): Promise<number[]> =>
    counter.countAll(texts, summaryEncoding, options);
  const tokensBefore = sum(await count([source.pieces.join('')]));
  const room = await roomIn(model, source, count);
  const answer = summaryTokens[source.kind];
  let parts = (await packPieces(source.pieces, room, count)).length;
  const { instructions, material } = questionFor(source.kind, '', { kind: 'whole' });
  const overhead = sum(await count([instructions, material]));
  let questions = parts;
  let tokens = tokensBefore + parts * (overhead + answer);
  while (parts > 1) {
    const together = Math.max(1, Math.ceil((parts * answer) / room));
    tokens += parts * answer + together * (overhead + answer);
    questions += together;
    parts = together < parts ? together : 1;
  }
  return { tokensBefore, questions, tokens };
}

class SummaryWork {
  readonly #source: SummarySource;
  readonly #model: SummaryModel;
  readonly #counter: TokenCounter;
  readonly #options: MakeOptions;
  #questions = 0;
  #spent = 0;

  constructor(source: SummarySource, model: SummaryModel, counter: TokenCounter, options: MakeOptions) {
    this.#source = source;
    this.#model = model;
    this.#counter = counter;
    this.#options = options;
  }

  async run(): Promise<MadeSummary> {
    const { kind, label, pieces } = this.#source;
    const effort = await estimateEffort(this.#source, this.#model, this.#counter, this.#options);
    this.#options.budget.require(effort.tokens, label);
    const room = await roomIn(this.#model, this.#source, this.#count);
    let parts = await packPieces(pieces, room, this.#count);
    let joined = 0;
    while (parts.length > 1) {
      const answers: string[] = [];
      for (const [index, part] of parts.entries()) {
        const step: QuestionStep =
          joined === 0 ? { kind: 'part', number: index + 1, of: parts.length } : { kind: 'together', parts: joined };
        answers.push(await this.#ask(questionFor(kind, part, step)));
        this.#options.progress?.report({ done: this.#questions, total: Math.max(effort.questions, this.#questions) });
      }
      joined = answers.length;
      const next = await packPieces(
        answers.map((answer) => `${answer}\n\n`),
        room,
        this.#count,
      );
      if (next.length >= parts.length) {
        throw windowError(this.#model, label);
      }
      parts = next;
    }
    const step: QuestionStep = joined === 0 ? { kind: 'whole' } : { kind: 'together', parts: joined };
    const text = await this.#ask(questionFor(kind, parts[0] ?? '', step));
    const [tokensAfter = 0] = await this.#count([text]);
    if (tokensAfter >= effort.tokensBefore) {
      throw new SummaryError(
        'longer',
        `The answer for ${label} has ${tokensAfter} tokens, and the source ${effort.tokensBefore}: it is no summary.`,
        'Read the source as it is, or try another model.',
      );
    }
    return {
      text,
      tokensBefore: effort.tokensBefore,
      tokensAfter,
      tokensSpent: this.#spent,
      questions: this.#questions,
    };
  }

  async #ask(question: SummaryQuestion): Promise<string> {
    const { label, kind } = this.#source;
    const { signal, budget } = this.#options;
    throwIfCancelled(signal);
    const sent = sum(await this.#count([question.instructions, question.material]));
    // Later questions depend on the answers before them: each is checked again.
    budget.require(sent + summaryTokens[kind], label);
    budget.spend(sent);
    this.#spent += sent;
    this.#questions += 1;
    const answer = await this.#model.ask(question, { signal });
    throwIfCancelled(signal);
    if (answer.kind === 'truncated') {
      throw new SummaryError(
        'truncated',
        `The answer of ${this.#model.id} for ${label} was cut off.`,
        'Try again, or choose a model that may answer at greater length.',
      );
    }
    const read =
      answer.kind === 'refused' ? { kind: 'refused' as const, reason: answer.reason } : readAnswer(answer.text);
    if (answer.kind === 'text') {
      const received = sum(await this.#count([answer.text]));
      budget.spend(received);
      this.#spent += received;
    }
    switch (read.kind) {
      case 'text':
        return read.text;
      case 'empty':
        throw new SummaryError('empty', `${this.#model.id} answered nothing for ${label}.`, 'Try another model.');
      case 'refused':
        throw new SummaryError(
          'refused',
          `${this.#model.id} did not sum up ${label}${read.reason === undefined || read.reason === '' ? '.' : `: ${read.reason}`}`,
          'Nothing was stored. Try another model, or leave the source as it is.',
        );
    }
  }

  readonly #count = async (texts: readonly string[]): Promise<number[]> =>
    this.#counter.countAll(texts, summaryEncoding, { signal: this.#options.signal });
}

/** Tokens of the source that fit into one question, in `summaryEncoding`. */
async function roomIn(
  model: SummaryModel,
  { kind, label }: SummarySource,
  count: (texts: readonly string[]) => Promise<readonly number[]>,
): Promise<number> {
  const tokenizer = tokenizerForModel(model.id);
  // The model may count more tokens than we do.
  const window = Math.floor(model.windowTokens / (tokenizer.kind === 'estimate' ? tokenizer.rule.high : 1.05));
  const { instructions, material } = questionFor(kind, '', { kind: 'part', number: 1000, of: 1000 });
  const overhead = sum(await count([instructions, material]));
  const room = window - overhead - answerMargin * summaryTokens[kind];
  if (room < leastRoom) {
    throw windowError(model, label);
  }
  return room;
}

function windowError(model: SummaryModel, label: string): SummaryError {
  return new SummaryError(
    'window',
    `${model.id} takes ${model.windowTokens} tokens at once, too few to sum up ${label}.`,
    'Choose a model that takes more.',
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
