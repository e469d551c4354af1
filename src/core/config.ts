import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import type { Finding, Severity } from './findings';
import { formatIds, harnessIds } from './instructions/model';
import type { FormatId, HarnessId } from './instructions/model';
import { TextLines } from './instructions/textLines';
import { isDeepYaml } from './yamlDepth';

/** The file in a workspace that team, editor, command line and CI share. */
export const configFileName = 'context-cache.yaml';
export const maxConfigBytes = 256 * 1024;

/** Tokens above which a budget is a warning, and above which it is an error. */
export interface Threshold {
  readonly warn: number;
  readonly error: number;
}

export interface PatternThreshold extends Threshold {
  /** A glob pattern, or a prompt's name. */
  readonly pattern: string;
}

export interface BudgetConfig {
  /** What is in every request, for a harness that has no budget of its own. */
  readonly always: Threshold;
  readonly harnesses: Readonly<Partial<Record<HarnessId, Threshold>>>;
  readonly formats: Readonly<Partial<Record<FormatId, Threshold>>>;
  /** By path; the first pattern that matches holds. */
  readonly files: readonly PatternThreshold[];
  readonly prompts: readonly PatternThreshold[];
  readonly description: Threshold;
}

export interface ContextCacheConfig {
  readonly harness: HarnessId | undefined;
  /** Folders with the library, relative to the workspace. */
  readonly library: readonly string[];
  /** Glob patterns of prompt manifests. */
  readonly prompts: readonly string[];
  readonly budgets: BudgetConfig;
  /** Severities of lint rules that differ from their default, by rule id such as `CB01`. */
  readonly lint: Readonly<Record<string, Severity | 'off'>>;
}

export const defaultConfig: ContextCacheConfig = {
  harness: undefined,
  library: ['instructions'],
  prompts: ['**/*.prompt.yaml'],
  budgets: {
    always: { warn: 8_000, error: 10_000 },
    harnesses: {},
    formats: {},
    files: [],
    prompts: [],
    description: { warn: 200, error: 500 },
  },
  lint: {},
};

export interface ParsedConfig {
  /** The defaults where the file says nothing, or nothing that can be used. */
  readonly config: ContextCacheConfig;
  readonly findings: readonly Finding[];
}

/** A single number is the error; this share of it is the warning. */
const warnShare = 0.8;
const maxTokens = 1_000_000_000;
const maxReportedErrors = 5;
const lintLevels = ['off', 'information', 'warning', 'error'] as const;

/** Reads `context-cache.yaml`. Never throws: each mistake is a finding at its place, and the default stands for it. */
export function parseConfig(text: string, location: string): ParsedConfig {
  const reader = new ConfigReader(text, location);
  if (isDeepYaml(text)) {
    reader.report('error', 'The file is nested too deeply to be read.', 'Remove the nesting.', [0, 0]);
    return { config: defaultConfig, findings: reader.findings };
  }
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', schema: 'core', merge: false });
  if (document.errors.length > 0) {
    for (const error of document.errors.slice(0, maxReportedErrors)) {
      reader.report('error', `The file is not valid YAML: ${error.message}`, 'Correct the YAML.', error.pos);
    }
    return { config: defaultConfig, findings: reader.findings };
  }
  if (document.contents === null) {
    return { config: defaultConfig, findings: [] };
  }
  const root = reader.map(document.contents, 'The file', ['harness', 'library', 'prompts', 'budgets', 'lint']);
  const config: ContextCacheConfig = {
    harness: reader.choice(root.get('harness'), 'harness', harnessIds),
    library: reader.folders(root.get('library'), 'library') ?? defaultConfig.library,
    prompts: reader.texts(root.get('prompts'), 'prompts') ?? defaultConfig.prompts,
    budgets: readBudgets(reader, root.get('budgets')),
    lint: readLint(reader, root.get('lint')),
  };
  return { config, findings: reader.findings };
}

function readBudgets(reader: ConfigReader, node: Node | undefined): BudgetConfig {
  const defaults = defaultConfig.budgets;
  if (node === undefined) {
    return defaults;
  }
  const map = reader.map(node, '`budgets`', ['always', 'harnesses', 'formats', 'files', 'prompts', 'description']);
  return {
    always: reader.threshold(map.get('always'), 'always') ?? defaults.always,
    harnesses: readThresholds(reader, map.get('harnesses'), 'harnesses', harnessIds),
    formats: readThresholds(reader, map.get('formats'), 'formats', formatIds),
    files: readPatterns(reader, map.get('files'), 'files'),
    prompts: readPatterns(reader, map.get('prompts'), 'prompts'),
    description: reader.threshold(map.get('description'), 'description') ?? defaults.description,
  };
}

function readThresholds<Key extends string>(
  reader: ConfigReader,
  node: Node | undefined,
  name: string,
  keys: readonly Key[],
): Partial<Record<Key, Threshold>> {
  const thresholds: Partial<Record<Key, Threshold>> = {};
  if (node !== undefined) {
    const map = reader.map(node, `\`${name}\``, keys);
    for (const key of keys) {
      const threshold = reader.threshold(map.get(key), key);
      if (threshold !== undefined) {
        thresholds[key] = threshold;
      }
    }
  }
  return thresholds;
}

function readPatterns(reader: ConfigReader, node: Node | undefined, name: string): PatternThreshold[] {
  if (node === undefined) {
    return [];
  }
  return [...reader.map(node, `\`${name}\``)].flatMap(([pattern, value]) => {
    const threshold = reader.threshold(value, pattern);
    return threshold === undefined ? [] : [{ pattern, ...threshold }];
  });
}

function readLint(reader: ConfigReader, node: Node | undefined): Record<string, Severity | 'off'> {
  const lint: Record<string, Severity | 'off'> = {};
  if (node === undefined) {
    return lint;
  }
  for (const [rule, value] of reader.map(node, '`lint`')) {
    if (!/^CB(?:0[1-9]|1\d|20)$/.test(rule)) {
      reader.report('warning', `There is no lint rule \`${rule}\`.`, 'Rules are named CB01 to CB20.', value.range);
      continue;
    }
    // `false` is how older YAML reads `off`.
    const level = isScalar(value) && value.value === false ? 'off' : reader.choice(value, rule, lintLevels);
    if (level !== undefined) {
      lint[rule] = level;
    }
  }
  return lint;
}

/** Reads values out of YAML nodes and notes, with its place, each that is not what it should be. */
class ConfigReader {
  readonly findings: Finding[] = [];
  private readonly lines: TextLines;
  private readonly location: string;

  constructor(text: string, location: string) {
    this.lines = new TextLines(text);
    this.location = location;
  }

  report(severity: Severity, message: string, fix: string, span: readonly number[] | null | undefined): void {
    const [from = 0, to = from] = span ?? [];
    this.findings.push({
      id: 'config',
      severity,
      message: /[.!?]$/.test(message) ? message : `${message}.`,
      fix,
      path: this.location,
      range: this.lines.range(from, to),
    });
  }

  /** The children of a map by key; without `keys` any key will do. */
  map(node: Node, name: string, keys?: readonly string[]): ReadonlyMap<string, Node> {
    const children = new Map<string, Node>();
    if (isEmpty(node)) {
      return children;
    }
    if (!isMap(node)) {
      this.report('error', `${name} is not a map of keys and values.`, 'Write `key: value` lines.', node.range);
      return children;
    }
    for (const { key, value } of (node as YAMLMap<Node, Node | null>).items) {
      const text = isScalar(key) ? String(key.value) : undefined;
      if (text === undefined || (keys !== undefined && !keys.includes(text))) {
        const known = keys === undefined ? 'Use a text as the key.' : `Known are ${keys.join(', ')}.`;
        this.report('warning', `${name} has the unknown key \`${text ?? '?'}\`.`, known, key.range);
      } else if (value !== null) {
        children.set(text, value);
      }
    }
    return children;
  }

  choice<Choice extends string>(node: Node | undefined, name: string, choices: readonly Choice[]): Choice | undefined {
    if (node === undefined || isEmpty(node)) {
      return undefined;
    }
    const choice = isScalar(node) ? choices.find((candidate) => candidate === node.value) : undefined;
    if (choice === undefined) {
      this.report('error', `\`${name}\` has an unknown value.`, `Use one of ${choices.join(', ')}.`, node.range);
    }
    return choice;
  }

  /** One text, or a list of them. */
  texts(node: Node | undefined, name: string): readonly string[] | undefined {
    if (node === undefined || isEmpty(node)) {
      return undefined;
    }
    const items = (isSeq(node) ? node.items : [node]) as readonly Node[];
    const texts: string[] = [];
    for (const item of items) {
      if (isScalar(item) && typeof item.value === 'string' && item.value.trim() !== '') {
        texts.push(item.value.trim());
      } else {
        this.report('error', `\`${name}\` holds something that is not a text.`, 'Write a list of texts.', item.range);
      }
    }
    return texts;
  }

  /** Texts that are folders inside the workspace, without `./` and a slash at the end. */
  folders(node: Node | undefined, name: string): readonly string[] | undefined {
    return this.texts(node, name)?.flatMap((text) => {
      const folder = text
        .replace(/\\/g, '/')
        .replace(/^(?:\.\/)+/, '')
        .replace(/\/+$/, '');
      if (/^(?:[A-Za-z]:|\/)/.test(text) || folder.split('/').includes('..')) {
        const fix = 'Give a folder relative to the workspace.';
        this.report('error', `\`${name}: ${text}\` leads out of the workspace.`, fix, node!.range);
        return [];
      }
      return [folder === '.' ? '' : folder];
    });
  }

  threshold(node: Node | undefined, name: string): Threshold | undefined {
    if (node === undefined || isEmpty(node)) {
      return undefined;
    }
    if (isScalar(node)) {
      const error = this.tokens(node, name);
      return error === undefined ? undefined : { warn: Math.floor(error * warnShare), error };
    }
    const map = this.map(node, `\`${name}\``, ['warn', 'error']);
    const warn = map.has('warn') ? this.tokens(map.get('warn')!, 'warn') : undefined;
    const error = map.has('error') ? this.tokens(map.get('error')!, 'error') : undefined;
    if (warn !== undefined && error !== undefined && warn > error) {
      this.report('error', `\`${name}\` warns above its error.`, 'Give `warn` the smaller number.', node.range);
      return undefined;
    }
    // Only one of both: the other never comes.
    return warn === undefined && error === undefined
      ? undefined
      : { warn: warn ?? error!, error: error ?? Number.MAX_SAFE_INTEGER };
  }

  private tokens(node: Node, name: string): number | undefined {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxTokens) {
      return value;
    }
    const fix = 'Write a whole number of tokens such as `4000`, or `{ warn: 4000, error: 8000 }`.';
    this.report('error', `\`${name}\` is not a number of tokens.`, fix, node.range);
    return undefined;
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}
