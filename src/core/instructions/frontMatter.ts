import { Composer, Lexer, Parser, parseDocument, visit } from 'yaml';
import type { Alias, CST, Document, YAMLError } from 'yaml';
import type { Finding, TextRange } from '../findings';
import { isDeepYaml } from '../yamlDepth';
import { TextLines } from './textLines';

/** More than any harness has a use for; keeps a hostile file from costing seconds. UTF-16 units. */
const maxFrontMatterLength = 32 * 1024;
const maxAliasCount = 64;
const maxDepth = 32;
const maxReportedErrors = 5;

/** The YAML block at the head of a file. Parsing never throws: what is wrong with it is in `findings`. */
export interface FrontMatter {
  /** `broken`: the fence or the YAML is not in order, and `data` is empty. */
  readonly state: 'absent' | 'valid' | 'broken';
  readonly data: Readonly<Record<string, unknown>>;
  /** Offset (UTF-16) of the first character after the closing fence's line; 0 without front matter. */
  readonly bodyStart: number;
  readonly findings: readonly Finding[];
  /** The line on which a top-level key stands. */
  rangeOf(key: string): TextRange | undefined;
}

export interface FrontMatterOptions {
  /** Absolute path or URI for the findings. */
  readonly location: string;
  /**
   * True where the harness itself reads `globs: *.ts` although YAML takes the asterisk for an alias: such a value then
   * is no finding.
   */
  readonly acceptUnquotedPatterns?: boolean;
}

interface Parsed {
  /** False when quoting a value can't be what is missing. */
  readonly mayLackQuotes: boolean;
  readonly data: Record<string, unknown> | undefined;
  readonly problems: readonly Problem[];
}

interface Problem {
  readonly message: string;
  /** Offsets in the YAML text; undefined: all of it. */
  readonly span?: readonly [number, number] | undefined;
}

/** Reads the front matter of a text that may begin with a BOM and may end its lines in any way. */
export function parseFrontMatter(text: string, options: FrontMatterOptions): FrontMatter {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const opening = /---[ \t]*(?:\r\n|\n|\r|$)/y;
  opening.lastIndex = start;
  if (!opening.test(text)) {
    return { state: 'absent', data: {}, bodyStart: 0, findings: [], rangeOf: () => undefined };
  }
  const yamlStart = opening.lastIndex;
  const lines = new TextLines(text);
  const finding = (severity: Finding['severity'], message: string, fix: string, from: number, to: number): Finding => ({
    id: 'front-matter',
    severity,
    message,
    fix,
    path: options.location,
    range: lines.range(from, to),
  });
  const broken = (bodyStart: number, findings: readonly Finding[]): FrontMatter => ({
    state: 'broken',
    data: {},
    bodyStart,
    findings,
    rangeOf: () => undefined,
  });

  const closing = findClosingFence(text, yamlStart);
  if (closing === undefined) {
    const message = 'The front matter has no closing `---` line, so the whole file counts as its text.';
    const fix = 'Close the front matter with a line that is only `---`, or begin the file with something else.';
    return broken(0, [finding('error', message, fix, start, start + 3)]);
  }
  const { yamlEnd, bodyStart } = closing;
  const yaml = text.slice(yamlStart, yamlEnd);
  const lastShown = Math.max(0, yaml.trimEnd().length - 1);
  const spanOf = (problem: Problem): [number, number] => {
    const [from, to] = problem.span ?? [0, lastShown + 1];
    // What is missing at the end is reported on the last line that has text, not on the fence.
    const start = Math.min(from, lastShown);
    return [yamlStart + start, yamlStart + Math.min(Math.max(to, start + 1), yaml.length)];
  };
  if (yaml.length > maxFrontMatterLength) {
    const message = `The front matter has ${yaml.length} characters and is not read; ${maxFrontMatterLength} are the most.`;
    return broken(bodyStart, [finding('error', message, 'Move the text below the front matter.', start, start + 3)]);
  }

  const findings: Finding[] = [];
  if (start === 1) {
    const message = 'The file begins with a byte order mark; some harnesses do not see front matter behind one.';
    findings.push(finding('information', message, 'Save the file as UTF-8 without a byte order mark.', 0, 1));
  }
  let parsed = parseYaml(yaml);
  if (parsed.data === undefined) {
    const quoted = parsed.mayLackQuotes ? quotePlainValues(yaml) : undefined;
    const second = quoted === undefined ? undefined : parseYaml(quoted.yaml);
    if (second?.data === undefined) {
      for (const problem of parsed.problems.slice(0, maxReportedErrors)) {
        const message = `The front matter can't be read: ${problem.message}`;
        const fix = 'Correct the YAML; until then the file counts as one without front matter.';
        findings.push(finding('error', message, fix, ...spanOf(problem)));
      }
      return broken(bodyStart, findings);
    }
    if (!(options.acceptUnquotedPatterns === true && quoted!.patternsOnly)) {
      const problem = parsed.problems[0]!;
      const message = `The front matter is not valid YAML: ${problem.message}`;
      const fix = 'Put the value into quotes; strict harnesses ignore the whole front matter.';
      findings.push(finding('warning', message, fix, ...spanOf(problem)));
    }
    parsed = second;
  }
  return {
    state: 'valid',
    data: parsed.data ?? {},
    bodyStart,
    findings,
    rangeOf: (key) => {
      const at = new RegExp(`^["']?${key.replace(/[^\w]/g, '\\$&')}["']?[ \\t]*:.*`, 'm').exec(yaml);
      return at === null ? undefined : lines.range(yamlStart + at.index, yamlStart + at.index + at[0].length);
    },
  };
}

const usualYaml = 'name: "a"\ntags: [b, c]\nglobs:\n  - d\nttlHours: 1\n';

/**
 * Has the code that reads front matter compiled, with pauses: at its first use that would hold a thread up for ten
 * milliseconds.
 */
export function* prepareFrontMatter(): Generator<void, void, void> {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(usualYaml)) {
    yield;
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  yield;
  for (const document of new Composer().compose(tokens)) {
    yield;
    document.toJS();
  }
  yield;
  parseFrontMatter(`---\n${usualYaml}---\n`, { location: '' });
}

/** `yamlEnd` excludes the line break before the fence; `bodyStart` is behind the fence's own. */
function findClosingFence(text: string, from: number): { yamlEnd: number; bodyStart: number } | undefined {
  // The line break that ends the opening fence may be the one in front of the closing fence.
  const fence = /(?<=[\r\n])---[ \t]*(?:\r\n|\n|\r|$)/g;
  fence.lastIndex = from;
  const match = fence.exec(text);
  return match === null ? undefined : { yamlEnd: match.index, bodyStart: match.index + match[0].length };
}

function parseYaml(yaml: string): Parsed {
  const failed = (message: string): Parsed => ({ data: undefined, mayLackQuotes: false, problems: [{ message }] });
  if (isDeepYaml(yaml)) {
    return failed('it is nested too deeply.');
  }
  const document = parseDocument(yaml, { prettyErrors: false, logLevel: 'silent', schema: 'core', merge: false });
  if (document.errors.length > 0) {
    return { data: undefined, mayLackQuotes: true, problems: document.errors.map(describeYamlError) };
  }
  const { unknown, hasAnchors } = aliasesOf(document);
  if (unknown.length > 0) {
    const problems = unknown.map(({ source, range }): Problem => ({
      message: `\`*${source}\` is an alias of nothing.`,
      span: range === null || range === undefined ? undefined : [range[0], range[1]],
    }));
    return { data: undefined, mayLackQuotes: !hasAnchors, problems };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount });
  } catch {
    // Only aliases can fail here: too many, or one inside of what it stands for.
    return failed('it uses too many aliases.');
  }
  if (value === null || value === undefined) {
    return { data: {}, mayLackQuotes: false, problems: [] };
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    return failed(
      `it is ${Array.isArray(value) ? 'a list' : 'a single value'} and not a list of \`key: value\` lines.`,
    );
  }
  if (!isTree(value, [])) {
    return failed('it is nested too deeply, or contains itself through an alias.');
  }
  return { data: value as Record<string, unknown>, mayLackQuotes: false, problems: [] };
}

function aliasesOf(document: Document): { readonly unknown: readonly Alias[]; readonly hasAnchors: boolean } {
  const anchors = new Set<string>();
  const unknown: Alias[] = [];
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined) {
        anchors.add(node.anchor);
      }
    },
    Alias(_, node) {
      if (!anchors.has(node.source)) {
        unknown.push(node);
      }
    },
  });
  return { unknown, hasAnchors: anchors.size > 0 };
}

function describeYamlError(error: YAMLError): Problem {
  return { message: sentence(error.message), span: error.pos };
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** False when a value contains itself or is deeper than any front matter. */
function isTree(value: unknown, above: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  if (above.length >= maxDepth || above.includes(value)) {
    return false;
  }
  const inside = [...above, value];
  return Object.values(value).every((child) => isTree(child, inside));
}

/**
 * People write `globs: *.ts` and `description: Use when: …`, and harnesses read it. Puts such plain values into quotes;
 * undefined when there is nothing to quote. `patternsOnly`: everything quoted looked like a glob pattern.
 */
function quotePlainValues(yaml: string): { readonly yaml: string; readonly patternsOnly: boolean } | undefined {
  const quotedValues: ('pattern' | 'text')[] = [];
  const quoted = yaml.replace(
    /^([ \t]*(?:-[ \t]+)?(?:[A-Za-z_][\w-]*:[ \t]+)?)(\S[^\r\n]*)$/gm,
    (line: string, head: string, rest: string) => {
      const value = rest.trimEnd();
      if (head.trim() === '' || /^["'|>#-]/.test(value)) {
        return line;
      }
      const isPattern = /^(?:\*|\{[^{}]*\}\S|\[.*\]$)/.test(value);
      if (!isPattern && !/^[&!%@`]|: |:$/.test(value)) {
        return line;
      }
      quotedValues.push(isPattern ? 'pattern' : 'text');
      return head + (value.startsWith('[') && value.endsWith(']') ? quoteItems(value) : JSON.stringify(value));
    },
  );
  return quotedValues.length === 0
    ? undefined
    : { yaml: quoted, patternsOnly: quotedValues.every((kind) => kind === 'pattern') };
}

function quoteItems(list: string): string {
  const items = list.slice(1, -1).split(',');
  return `[${items.map((item) => (/^\s*["']/.test(item) ? item : JSON.stringify(item.trim()))).join(', ')}]`;
}
