import type { Finding } from '../../findings';
import type { InstructionIndex } from '../instructionIndex';
import type { TurnOptions } from '../../turns';
import type { HarnessId, InstructionFile, InstructionGlob, LoadMode } from '../model';

/** An agent that loads instructions: which it sees, when, and what of them reaches the context. One module each. */
export interface Harness {
  readonly id: HarnessId;
  /** As people call it. */
  readonly title: string;
  plan(index: InstructionIndex, options: HarnessOptions & TurnOptions): HarnessPlan | Promise<HarnessPlan>;
}

export interface HarnessOptions {
  /** Tokens of the model's context window; some catalogues may fill only a share of it. */
  readonly windowTokens: number;
}

export const defaultHarnessOptions: HarnessOptions = { windowTokens: 200_000 };

/** What a harness does with an index, before anything is counted. */
export interface HarnessPlan {
  readonly files: readonly PlannedFile[];
  readonly preambles: readonly Preamble[];
  /** Caps, overflow and shadowing; each with the `path` of its file. */
  readonly findings: readonly Finding[];
}

export interface PlannedFile {
  readonly file: InstructionFile;
  readonly mode: LoadMode;
  /** Which files bring it in, for mode `glob`. */
  readonly globs: readonly InstructionGlob[];
  /** What the harness puts into the context when it loads the file. */
  readonly text: string;
  /** Bytes that a cap keeps out of the context. */
  readonly droppedBytes: number;
  /** The entry by which the harness tells of the file in every request; empty when it does not. */
  readonly catalogText: string;
  /** Why it is loaded in this mode: one sentence. */
  readonly why: string;
}

/** Fixed text of the harness that is there because of some files. */
export interface Preamble {
  readonly title: string;
  readonly tokens: number;
  readonly because: readonly PlannedFile[];
}
