import type { Threshold } from '../../core/config';
import type { Finding } from '../../core/findings';
import type { InstructionAccount } from '../../core/instructions/accountFor';
import type { HarnessId, LoadMode } from '../../core/instructions/model';
import type { TokenCount } from '../../core/tokens/counter';
import { emptyCount } from '../tokens/counts';
import type { CountingTarget } from '../tokens/target';
import type { InstructionRow } from './rows';

/** What a harness adds to every request besides the files themselves. */
export interface Overhead {
  readonly total: TokenCount;
  /** Entries of its index or catalogue. */
  readonly entries: number;
  readonly parts: readonly { readonly label: string; readonly count: TokenCount }[];
}

export const noOverhead: Overhead = { total: emptyCount, entries: 0, parts: [] };

/** How the instructions stand; replaced as a whole whenever something changed. */
export interface InstructionsSnapshot {
  /** `loading` until the first index is there. */
  readonly phase: 'loading' | 'ready' | 'cancelled' | 'failed';
  /** Why the last indexing failed; the rows are then those of the one before. */
  readonly failure: string | undefined;
  readonly harness: HarnessId;
  readonly target: CountingTarget;
  /** The same as the core reckoned it; undefined before the first index. */
  readonly account: InstructionAccount | undefined;
  /** The files that the harness loads, in the index's order. */
  readonly rows: readonly InstructionRow[];
  /** Files of all harnesses. */
  readonly fileCount: number;
  /** What `totals.always` may be. */
  readonly budget: Threshold;
  /** What is always in context, overhead included, and what the other modes add when they are loaded. */
  readonly totals: Readonly<Record<LoadMode, TokenCount>>;
  readonly overhead: Overhead;
  /** About files, folders and limits. */
  readonly findings: readonly Finding[];
}
