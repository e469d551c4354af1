import type { Finding, TextRange } from '../findings';

/** When a harness puts an instruction into the context; in the order of what it costs. */
export const loadModes = [
  'always', // in every request
  'glob', // when a matching file is in play
  'onDemand', // only an index entry is always there; the body is fetched when its description matches
  'manual', // only when a person names it
] as const;
export type LoadMode = (typeof loadModes)[number];

export const formatIds = [
  'copilot-instructions',
  'instructions-md',
  'claude-rules',
  'claude-memory',
  'agent',
  'skill',
  'prompt-md',
  'cursor-rules',
  'windsurf-rules',
  'cline-rules',
  'kiro-steering',
  'roo-rules',
  'kilo-rules',
  'continue-rules',
  'library',
  'agents-md',
  'claude-md',
  'gemini-md',
] as const;
export type FormatId = (typeof formatIds)[number];

/** The agents whose rules of accounting are known; `all` sums what all of them load, each file once. */
export const harnessIds = [
  'all',
  'claude-code',
  'copilot',
  'copilot-cli',
  'codex',
  'cursor',
  'windsurf',
  'cline',
  'gemini',
  'kiro',
  'roo',
  'kilo',
  'continue',
  'context-cache',
] as const;
export type HarnessId = (typeof harnessIds)[number];

/**
 * Where a root's files come from: a workspace folder; a folder above it, up to the top of its repository; the user's
 * home folder; the folder of an organisation's settings; a library of instructions outside the workspace.
 */
export type RootKind = 'workspace' | 'ancestor' | 'user' | 'managed' | 'library';

/** How a mention of another file in an instruction ended. */
export type ImportStatus =
  'expanded' | 'missing' | 'outside' | 'cycle' | 'too-deep' | 'binary' | 'too-large' | 'unreadable' | 'duplicate';

/** A file of an index by root and path. */
export interface FilePlace {
  readonly rootId: string;
  readonly path: string;
}

/** A mention of another file that a harness replaces by that file's text. */
export interface ImportReference {
  /** As it is written, without the `@` or the brackets. */
  readonly path: string;
  /** The file that it means, relative to its root with `/`; undefined when it lies outside of every root. */
  readonly target: string | undefined;
  readonly status: ImportStatus;
  /** The file that mentions it: the instruction itself only for `depth` 1. */
  readonly from: FilePlace;
  readonly range: TextRange;
  /** False for what may be a handle or a package: a harness tries it, but nobody meant a file. */
  readonly isCertain: boolean;
  /** 1 for a mention in the instruction itself, 2 for one in the file that this mentions, and so on. */
  readonly depth: number;
}

/** A text that was read, with what its bytes told. */
export interface SourceText {
  /** Decoded UTF-8; a BOM is kept, invalid bytes are U+FFFD. Empty for a file that could not be read as text. */
  readonly text: string;
  readonly sizeBytes: number;
  readonly problems: readonly Finding[];
  readonly status: 'valid' | 'missing' | 'outside' | 'binary' | 'too-large' | 'unreadable';
}

/** A glob pattern as it is written, and the pattern that a path relative to the root must match. */
export interface InstructionGlob {
  readonly written: string;
  readonly pattern: string;
}

/** One file that a harness loads, as it stands in its folder; what it costs depends on the harness. */
export interface InstructionFile {
  /** Unique among all files of an index: root and path. */
  readonly id: string;
  readonly rootId: string;
  readonly rootKind: RootKind;
  /** Relative to the root, separated by `/`. */
  readonly path: string;
  /** Absolute path or URI, as the root's files locate it. */
  readonly location: string;
  /** The path inside the root that links lead to; the path itself without links. */
  readonly realPath: string;
  /** The path for people: relative to the workspace folder, with `~/` in the home folder, or absolute. */
  readonly shownPath: string;
  readonly format: FormatId;
  /** By the rules of the format itself; a harness may see it differently. */
  readonly mode: LoadMode;
  readonly globs: readonly InstructionGlob[];
  /** The folder that the file speaks for, relative to the root; `''` is all of it. */
  readonly base: string;
  /** The settings folder that it lies in, such as `.claude`, or `''`; decides which harness sees a skill. */
  readonly home: string;
  /** The name that agents and people call it by; a library file's tag. */
  readonly name: string;
  readonly description: string | undefined;
  /** The front matter as plain data; empty when there is none or when it is broken. */
  readonly frontMatter: Readonly<Record<string, unknown>>;
  /** Offset (UTF-16) at which the text after the front matter begins. */
  readonly bodyStart: number;
  readonly bodyRange: TextRange;
  readonly source: SourceText;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly modifiedMs: number;
  /** Tokens of the whole file as it stands on disk. */
  readonly rawTokens: number;
  /** By the format's own rules of expansion; a harness without imports ignores them. */
  readonly imports: readonly ImportReference[];
  /** Reading, front matter, fields and imports; budgets and caps come with the accounting. */
  readonly problems: readonly Finding[];
}

export interface IndexedRoot {
  readonly id: string;
  readonly kind: RootKind;
  readonly label: string;
  /** Absolute path or URI of the root itself. */
  readonly location: string;
  /** Folders that were looked into; undefined when the host's own search found the files. */
  readonly folderCount: number | undefined;
  /** The names that Gemini CLI's settings give to its context files; undefined when they do not. */
  readonly geminiFileNames: readonly string[] | undefined;
}

/** The id under which a root's file stands in an index. */
export function fileId(rootId: string, path: string): string {
  return `${rootId}\n${path}`;
}

/** The order of ids and paths everywhere: by UTF-16 unit, the same in each locale. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
