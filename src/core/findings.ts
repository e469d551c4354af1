/** How bad a finding is; the order is the order of severity. */
export type Severity = 'error' | 'warning' | 'information';

/** A half-open range in a text; lines and characters (UTF-16 units) count from 0, as in the editor. */
export interface TextRange {
  readonly startLine: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
}

/**
 * One problem, in the same shape everywhere: health of a cache, front matter, lint, budgets. The tree, the Problems
 * view, the command line and the reports all show it.
 */
export interface Finding {
  /** A stable, lower-case, hyphenated id such as `corrupt` or `front-matter`. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence that names the thing. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly fix?: string;
  /** Absolute path or URI of the file, for findings about files. */
  readonly path?: string;
  readonly range?: TextRange;
  /** For findings about a cache. */
  readonly scope?: string;
  readonly key?: string;
}
