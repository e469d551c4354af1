import type { FrontMatter } from '../frontMatter';
import type { MentionSyntax } from '../mentions';
import type { Finding } from '../../findings';
import type { FormatId, InstructionGlob, LoadMode, RootKind } from '../model';

/** What a kind of instruction file is: where it lies and what its front matter means. One module per format. */
export interface InstructionFormat {
  readonly id: FormatId;
  /** As people call it. */
  readonly title: string;
  readonly hasFrontMatter: boolean;
  /** True where the harness reads `globs: *.ts` without quotes. */
  readonly acceptUnquotedPatterns?: boolean;
  /** How the format's own harness puts the text of other files in place. */
  readonly imports?: ImportRules;
  /** More lines of text than this are advised against. */
  readonly advisedLines?: number;
  /**
   * Files and folders below the home folder that may hold such files; `{project}` stands for the name that Claude Code
   * gives a workspace folder.
   */
  readonly userPlaces?: readonly string[];
  /** The same below a folder above the workspace folder. */
  readonly ancestorPlaces?: readonly string[];
  /** True when such folders count even above the repository. */
  readonly readsBeyondRepository?: boolean;
  /** Undefined when the path is not of this format. */
  locate(place: Place): Location | undefined;
  facts(input: FormatInput): FormatFacts;
}

export interface Place {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly rootKind: RootKind;
  /** Folders of a workspace (relative) that hold the library; a root of kind `library` is one itself. */
  readonly libraryFolders: readonly string[];
}

export interface Location {
  /** The folder that the file speaks for; `''` is the root. */
  readonly base: string;
  /** The settings folder such as `.claude`, or `''`. */
  readonly home: string;
  readonly name: string;
  /** The spelling that harnesses look for, when the file's differs from it by case. */
  readonly properName?: string;
}

export interface FormatInput {
  readonly location: Location;
  readonly place: Place;
  readonly frontMatter: FrontMatter;
  /** The text after the front matter. */
  readonly body: string;
  /** Adds a finding about a field of the front matter, at its line. */
  report(field: string, severity: Finding['severity'], message: string, fix: string): void;
}

export interface FormatFacts {
  readonly mode: LoadMode;
  readonly globs?: readonly InstructionGlob[];
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** How a harness puts the text of other files in place. */
export interface ImportRules {
  readonly syntax: MentionSyntax;
  /** Files that may mention one another in a chain, the instruction itself not counted. */
  readonly maxDepth: number;
  /** Block comments are removed, and nothing in them is a mention. */
  readonly removesComments: boolean;
  /** `append`: the mention stays and the text is loaded beside it; `replace`: the text stands in its place. */
  readonly placement: 'append' | 'replace' | 'replace-with-markers';
  /** Whether `~/` may mean the home folder. */
  readonly home: boolean;
}
