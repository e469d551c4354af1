import type { CountMethod, EncodingName } from '../../tokens/counter';
import type { CompiledPiece } from '../compile';
import type { CostReport, Workload } from '../economics';
import type { Stability } from '../model';
import type { PrefixZone } from '../prefix/document';

/**
 * Everything that the report of a prompt shows: plain data, the same in the editor, in an export and as JSON. Tokens
 * are those of `encoding`, exact, unless a field says otherwise.
 */
export interface PromptReport {
  readonly reportVersion: 1;
  readonly name: string;
  readonly description: string | null;
  readonly encoding: EncodingName;
  readonly variants: readonly ReportVariant[];
  /** Oldest first; the last point is the prompt as it is now. */
  readonly history: readonly HistoryPoint[];
  /** One per model whose rules are known. */
  readonly costs: readonly CostReport[];
  readonly workload: Workload;
  /** ISO date of the prices and limits. */
  readonly pricesAsOf: string;
  /** What a reader should know: models without rules, revisions that can't be compared. */
  readonly notes: readonly string[];
}

export interface ReportVariant {
  readonly name: string;
  readonly tokens: number;
  readonly budget: number | null;
  /** In the order in which they are compiled; `added` sums to `tokens`. */
  readonly parts: readonly ReportPart[];
  readonly prefix: ReportPrefix;
}

export interface ReportPart {
  readonly id: string;
  readonly kind: CompiledPiece['kind'];
  /** A path relative to the manifest, or tags. */
  readonly source: string | null;
  /** Of its own text. */
  readonly tokens: number;
  /** What it adds to the prompt, the empty line behind it included. */
  readonly added: number;
  /** Tokens of the prompt before it. */
  readonly offset: number;
  readonly stability: Stability;
  /** The cache block that holds it, from 1; null for what is never cached. */
  readonly block: number | null;
  /** Tags that are fetched instead of standing here. */
  readonly onDemand: readonly string[];
  /** By its headings; empty for a part without any. `added` sums to the part's own. */
  readonly sections: readonly ReportSection[];
}

export interface ReportSection {
  /** Empty for what stands before the first heading. */
  readonly title: string;
  readonly added: number;
}

/** The prompt in the order in which a request sends it: tools, system, messages. */
export interface ReportPrefix {
  readonly tokens: number;
  readonly segments: readonly PrefixSegment[];
  /** Where the text that all requests share ends; null when nothing of the prompt changes. */
  readonly breakPoint: PrefixBreakPoint | null;
  readonly providers: readonly ProviderPrefix[];
}

export interface PrefixSegment {
  readonly id: string;
  readonly zone: PrefixZone;
  readonly start: number;
  readonly end: number;
  /** The least stable of this part and all before it. */
  readonly stability: Stability;
  /** A cache marker stands at its end where the provider has markers. */
  readonly marker: boolean;
}

export interface PrefixBreakPoint {
  readonly id: string;
  readonly tokens: number;
  readonly reason: string;
  /** Tokens behind it that never change, and still are not shared between conversations. */
  readonly lostTokens: number;
}

/** What one provider's cache gives back at best: nothing evicted, within the lifetime. */
export interface ProviderPrefix {
  readonly provider: string;
  readonly label: string;
  readonly model: string | null;
  /** In the provider's own tokens. */
  readonly minimumTokens: number;
  /** `estimate` where the provider's tokenizer is not published: the minimum is then compared by an estimate. */
  readonly method: CountMethod;
  /** The sources disagree about the minimum. */
  readonly isUncertain: boolean;
  /** Tokens that the first request of another conversation reads. */
  readonly sharedTokens: number;
  /** Tokens that the next request of the same conversation reads. */
  readonly sessionTokens: number;
}

/** One revision of the prompt by its lock file. */
export interface HistoryPoint {
  readonly origin: 'commit' | 'snapshot' | 'lock' | 'now';
  readonly label: string;
  /** ISO time; null for what has none. */
  readonly at: string | null;
  readonly encoding: EncodingName;
  /** By variant. */
  readonly tokens: Readonly<Record<string, number>>;
}
