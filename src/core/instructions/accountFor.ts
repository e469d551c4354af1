import type { Finding } from '../findings';
import type { WorkOptions } from '../ports';
import type { EncodingName } from '../tokens/counter';
import { takeTurn } from '../turns';
import type { Preamble } from './account/harness';
import { defaultHarnessOptions } from './account/harness';
import type { HarnessOptions, PlannedFile } from './account/harness';
import { harnessById } from './account/table';
import { matchesGlob } from './globs';
import type { InstructionIndex } from './instructionIndex';
import type { HarnessId, LoadMode } from './model';
import type { TokenCounts } from './tokenCounts';

/** What an index costs under one harness. All numbers are tokens in `encoding`, but for bytes. */
export interface InstructionAccount {
  readonly harness: HarnessId;
  readonly encoding: EncodingName;
  /**
   * By load mode. `always` is everything that is in each request: texts of always files, catalogue entries of all
   * files, and preambles. The others are the texts alone.
   */
  readonly totals: Readonly<Record<LoadMode, number>>;
  readonly preambles: readonly Preamble[];
  /** The files that the harness sees, in the order of the index. */
  readonly files: readonly AccountedFile[];
  readonly droppedBytes: number;
  /** Caps, overflow and shadowing. */
  readonly findings: readonly Finding[];
}

export interface AccountedFile extends PlannedFile {
  /** The text after the harness's transformation, imports included. */
  readonly tokens: number;
  /** The entry that is in each request whatever the mode. */
  readonly catalogTokens: number;
}

export interface AccountOptions extends WorkOptions, Partial<HarnessOptions> {}

/** Counts what a harness loads. Rejects when counting fails and on cancellation. */
export async function accountFor(
  harness: HarnessId,
  index: InstructionIndex,
  counts: TokenCounts,
  options: AccountOptions = {},
): Promise<InstructionAccount> {
  const { signal, turns, windowTokens = defaultHarnessOptions.windowTokens } = options;
  const work = { signal, turns };
  await takeTurn(work);
  const plan = await harnessById(harness).plan(index, { ...work, windowTokens });
  await takeTurn(work);
  const place = new Map(index.files.map((file, at) => [file.id, at]));
  const planned = [...plan.files].sort((left, right) => place.get(left.file.id)! - place.get(right.file.id)!);
  const tokens = await counts.countAll(
    planned.map(({ text }) => text),
    work,
  );
  const catalogTokens = await counts.countAll(
    planned.map(({ catalogText }) => catalogText),
    work,
  );
  await takeTurn(work);
  const files = planned.map((file, at): AccountedFile => ({
    ...file,
    tokens: tokens[at]!,
    catalogTokens: catalogTokens[at]!,
  }));
  const sumOf = (mode: LoadMode): number =>
    files.reduce((sum, file) => sum + (file.mode === mode ? file.tokens : 0), 0);
  const entries = files.reduce((sum, file) => sum + file.catalogTokens, 0);
  const preambleTokens = plan.preambles.reduce((sum, preamble) => sum + preamble.tokens, 0);
  return {
    harness,
    encoding: counts.encoding,
    totals: {
      always: sumOf('always') + entries + preambleTokens,
      glob: sumOf('glob'),
      onDemand: sumOf('onDemand'),
      manual: sumOf('manual'),
    },
    preambles: plan.preambles,
    files,
    droppedBytes: files.reduce((sum, file) => sum + file.droppedBytes, 0),
    findings: plan.findings,
  };
}

/** An instruction that is in play for a file, with the reason. */
export interface ApplicableInstruction<File extends PlannedFile = PlannedFile> {
  readonly planned: File;
  /** True when the text is loaded for this file; false when an agent or a person may still fetch it. */
  readonly isLoaded: boolean;
  readonly why: string;
}

/**
 * Which of a harness's instructions apply to a file of a workspace, and why: those loaded always, those whose patterns
 * match it, and those that can be fetched; rules for other files are left out. `path` is relative to the root, with `/`.
 */
export function instructionsFor<File extends PlannedFile>(
  path: string,
  rootId: string,
  files: readonly File[],
): readonly ApplicableInstruction<File>[] {
  return files.flatMap((planned): readonly ApplicableInstruction<File>[] => {
    const { file } = planned;
    if (file.rootKind === 'workspace' && file.rootId !== rootId) {
      return [];
    }
    if (planned.mode !== 'glob') {
      return [{ planned, isLoaded: planned.mode === 'always', why: planned.why }];
    }
    const glob = planned.globs.find((candidate) => matchesGlob(path, candidate));
    return glob === undefined ? [] : [{ planned, isLoaded: true, why: `The file matches \`${glob.written}\`.` }];
  });
}
