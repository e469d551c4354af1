import type { ScopeName } from './model';

/** What a command will do to one key. */
export type EffectAction =
  | 'create'
  | 'update'
  | 'unchanged'
  | 'conflict' // changed in the sandbox since we wrote it: applied only when chosen
  | 'delete'
  | 'change-entry' // the index entry alone changes: lifetime, tags, version, rebuilt fields
  | 'rebuild-index';

/** One line of a plan. */
export interface Effect {
  /** Unique within the plan and stable: `<scope>/<key>`, or `<scope>/` for a whole index. */
  readonly id: string;
  readonly scope: ScopeName;
  readonly key: string;
  readonly action: EffectAction;
  /** Why, in a few words: "expired 3 h ago", "the file has changed". */
  readonly reason: string;
  /** Whether it is applied unless a person says otherwise. */
  readonly selected: boolean;
  /** The value before and after, for the diff; undefined = no such value. Read when asked for. */
  readonly before?: () => Promise<Uint8Array | undefined>;
  readonly after?: () => Promise<Uint8Array | undefined>;
  readonly bytesBefore?: number;
  readonly bytesAfter?: number;
}

/** Everything a command will do, computed without writing anything. */
export interface Plan {
  /** Such as "Seed 5 instructions into sandbox". */
  readonly title: string;
  readonly effects: readonly Effect[];
  /** What a person should know before saying yes. */
  readonly warnings: readonly string[];
}

export interface EffectResult {
  readonly id: string;
  readonly outcome: 'done' | 'skipped' | 'failed';
  /** Why it was skipped or failed. */
  readonly message?: string;
}

/** What applying a plan did. */
export interface ApplyReport {
  readonly results: readonly EffectResult[];
  /** Names what was done, for `restore` and Undo; undefined when nothing was changed. */
  readonly operationId: string | undefined;
  readonly cancelled: boolean;
}
