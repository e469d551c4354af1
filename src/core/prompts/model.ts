import type { TextRange } from '../findings';

/**
 * How long a text stays the same: `static` for every request, `session` within one conversation, `turn` not even
 * that. Decides what may stand in a cached prefix.
 */
export const stabilities = ['static', 'session', 'turn'] as const;
export type Stability = (typeof stabilities)[number];

/** The less stable of two. */
export function leastStable(left: Stability, right: Stability): Stability {
  return stabilities.indexOf(left) >= stabilities.indexOf(right) ? left : right;
}

export interface PromptVariable {
  readonly name: string;
  readonly kind: Stability;
  readonly defaultValue: string | undefined;
  readonly description: string | undefined;
}

/** `auto`: in full in the full prompt, on demand in the streamlined one. */
export const inlineRules = ['always', 'auto', 'never'] as const;
export type InlineRule = (typeof inlineRules)[number];

/** How an agent gets an instruction that is on demand: by a tool call with its tag, or by reading its file. */
export const fetchWays = ['tool', 'path'] as const;
export type FetchWay = (typeof fetchWays)[number];

export const cacheLifetimes = ['5m', '1h'] as const;
export type CacheLifetime = (typeof cacheLifetimes)[number];

interface PartBase {
  /** Unique within the manifest. */
  readonly id: string;
  /** Variants in which the part stands; undefined = all. */
  readonly only: readonly string[] | undefined;
  /** Of the item in the manifest. */
  readonly range: TextRange;
}

export interface TextPart extends PartBase {
  readonly kind: 'text';
  readonly text: string;
}

export interface FilePart extends PartBase {
  readonly kind: 'file';
  /** Relative to the manifest, with `/`. */
  readonly file: string;
}

export interface InstructionPart extends PartBase {
  readonly kind: 'instruction';
  readonly tag: string;
  readonly inline: InlineRule;
  /** Replaces the description of the library in the index entry. */
  readonly whenToUse: string | undefined;
  readonly fetch: FetchWay;
}

export interface ToolsPart extends PartBase {
  readonly kind: 'tools';
  /** A JSON file with tool schemas, relative to the manifest, with `/`. */
  readonly file: string;
}

/** Where the messages of the conversation go. */
export interface ConversationPart extends PartBase {
  readonly kind: 'conversation';
}

export type PromptPart = TextPart | FilePart | InstructionPart | ToolsPart | ConversationPart;

/** A variant between full and streamlined. */
export interface PromptProfile {
  readonly name: string;
  /** Tags that stand in full. */
  readonly inline: readonly string[];
  /** Ids of parts that are left out. */
  readonly omit: readonly string[];
}

/** How a variant is chosen at run time; see `select.ts`. */
export interface SelectRules {
  /** An environment variable of the project's own naming. */
  readonly flag: string | undefined;
  /** 0 to 100: the share of keys that get the streamlined prompt. */
  readonly percentage: number | undefined;
}

/** A `*.prompt.yaml` file. */
export interface PromptManifest {
  readonly name: string;
  readonly description: string | undefined;
  readonly models: readonly string[];
  /** Tokens by variant. */
  readonly budgets: ReadonlyMap<string, number>;
  readonly variables: ReadonlyMap<string, PromptVariable>;
  readonly profiles: readonly PromptProfile[];
  /** The name of the tool that fetches an instruction by its tag. */
  readonly fetchTool: string;
  readonly select: SelectRules;
  /** Lifetimes of cache blocks where a provider offers a choice. */
  readonly cache: { readonly static: CacheLifetime | undefined; readonly session: CacheLifetime | undefined };
  readonly parts: readonly PromptPart[];
}

export const fullVariant = 'full';
export const streamlinedVariant = 'streamlined';

/** The names of all variants: full, streamlined, then the profiles in the order of the manifest. */
export function variantNames(manifest: PromptManifest): string[] {
  return [fullVariant, streamlinedVariant, ...manifest.profiles.map(({ name }) => name)];
}
