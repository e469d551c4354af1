import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Finding, Severity, TextRange } from '../findings';
import { TextLines } from '../instructions/textLines';

const findingId = 'manifest';

/** One mapping of a YAML file whose fields are taken one by one; what nobody takes is a finding. */
export class YamlFields {
  /** What the mapping is, for messages: "part 3". */
  readonly title: string;
  private readonly reader: YamlReader;
  private readonly map: YAMLMap;
  private readonly taken = new Set<string>();

  constructor(reader: YamlReader, map: YAMLMap, title: string) {
    this.reader = reader;
    this.map = map;
    this.title = title;
  }

  get range(): TextRange {
    return this.reader.rangeOf(this.map);
  }

  get names(): string[] {
    return this.map.items.map((pair) => keyOf(pair));
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The value's node; `null` counts as absent. */
  node(name: string): Node | undefined {
    this.taken.add(name);
    const value = this.map.items.find((pair) => keyOf(pair) === name)?.value as Node | null | undefined;
    return value === null || value === undefined || (isScalar(value) && value.value === null) ? undefined : value;
  }

  string(name: string): string | undefined {
    const node = this.node(name);
    if (node === undefined) {
      return undefined;
    }
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number')) {
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    }
    this.wrong(name, node, 'a text');
    return undefined;
  }

  number(name: string, minimum: number, maximum: number): number | undefined {
    const node = this.node(name);
    if (node === undefined) {
      return undefined;
    }
    if (isScalar(node) && typeof node.value === 'number' && node.value >= minimum && node.value <= maximum) {
      return node.value;
    }
    const upTo = Number.isFinite(maximum) ? ` to ${maximum}` : ' or more';
    this.wrong(name, node, `a number, ${minimum}${upTo}`);
    return undefined;
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const node = this.node(name);
    if (node === undefined) {
      return undefined;
    }
    const choice = choices.find((candidate) => isScalar(node) && node.value === candidate);
    if (choice === undefined) {
      this.wrong(name, node, `one of ${choices.map((candidate) => `\`${candidate}\``).join(', ')}`);
    }
    return choice;
  }

  /** A list of texts; a single text counts as a list of one. */
  strings(name: string): string[] {
    const node = this.node(name);
    if (node === undefined) {
      return [];
    }
    const items = isSeq(node) ? (node.items as Node[]) : [node];
    return items.flatMap((item) => {
      if (isScalar(item) && typeof item.value === 'string' && item.value !== '') {
        return [item.value];
      }
      this.wrong(name, item, 'a list of texts');
      return [];
    });
  }

  /** The fields of a mapping inside this one. */
  fields(name: string): YamlFields | undefined {
    const node = this.node(name);
    if (node === undefined) {
      return undefined;
    }
    if (isMap(node)) {
      return new YamlFields(this.reader, node, name);
    }
    this.wrong(name, node, 'a mapping');
    return undefined;
  }

  /** Reports every field that was not asked for. */
  refuseOthers(): void {
    for (const pair of this.map.items) {
      const name = keyOf(pair);
      if (!this.taken.has(name)) {
        const known = [...this.taken].map((field) => `\`${field}\``).join(', ');
        const message = `\`${name}\` is not a field of ${this.title}; it is ignored.`;
        this.reader.report('warning', message, `Use ${known}.`, this.reader.rangeOf(pair.key as Node));
      }
    }
  }

  report(severity: Severity, message: string, fix: string, name?: string): void {
    const node = name === undefined ? undefined : this.node(name);
    this.reader.report(severity, message, fix, node === undefined ? this.range : this.reader.rangeOf(node));
  }

  private wrong(name: string, node: Node, wanted: string): void {
    const message = `\`${name}\` of ${this.title} must be ${wanted}.`;
    this.reader.report('error', message, `Write \`${name}:\` and ${wanted}.`, this.reader.rangeOf(node));
  }
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** Parses a YAML file and collects what is wrong with it; positions are those of the file. */
export class YamlReader {
  readonly findings: Finding[] = [];
  private readonly text: string;
  private readonly location: string;
  private readonly lines: TextLines;
  private readonly document: Document | undefined;

  constructor(text: string, location: string, maxLength: number) {
    this.text = text;
    this.location = location;
    this.lines = new TextLines(text);
    if (text.length > maxLength) {
      this.report('error', `The file has ${text.length} characters; ${maxLength} are the most.`, 'Split it.');
      return;
    }
    try {
      const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', schema: 'core', merge: false });
      for (const { message, pos } of document.errors.slice(0, 5)) {
        this.report('error', `The file is not valid YAML: ${message}`, 'Correct the YAML.', this.lines.range(...pos));
      }
      this.document = document.errors.length === 0 ? document : undefined;
    } catch (error) {
      const message = error instanceof RangeError ? 'it is nested too deeply' : String(error);
      this.report('error', `The file can't be read as YAML: ${message}.`, 'Make it flatter.');
    }
  }

  get hasErrors(): boolean {
    return this.findings.some(({ severity }) => severity === 'error');
  }

  /** The fields of the whole file. */
  root(title: string): YamlFields | undefined {
    const contents = this.document?.contents;
    if (this.document === undefined) {
      return undefined;
    }
    if (!isMap(contents)) {
      this.report('error', `${title} must be a list of \`key: value\` lines.`, 'Begin with `name:` and `parts:`.');
      return undefined;
    }
    return new YamlFields(this, contents, title);
  }

  /** The mappings of a list; other items are findings. */
  items(node: Node | undefined, title: string): YamlFields[] {
    if (node === undefined) {
      return [];
    }
    if (!isSeq(node)) {
      this.report('error', `\`${title}s\` must be a list.`, `Begin each ${title} with \`- \`.`, this.rangeOf(node));
      return [];
    }
    return (node.items as Node[]).flatMap((item, index) => {
      if (isMap(item)) {
        return [new YamlFields(this, item, `${title} ${index + 1}`)];
      }
      const message = isAlias(item) ? 'an alias is not followed here' : 'it is not a mapping';
      const fix = `Write it as \`- key: value\`.`;
      this.report('error', `${title} ${index + 1} can't be read: ${message}.`, fix, this.rangeOf(item));
      return [];
    });
  }

  rangeOf(node: Node | null | undefined): TextRange {
    const range = node?.range;
    if (range === null || range === undefined) {
      return this.lines.range(0, 0);
    }
    // The end of a block node lies behind the line break that follows it.
    const end = range[0] + this.text.slice(range[0], range[1]).trimEnd().length;
    return this.lines.range(range[0], end);
  }

  report(severity: Severity, message: string, fix: string, range: TextRange = this.lines.range(0, 0)): void {
    this.findings.push({ id: findingId, severity, message, fix, path: this.location, range });
  }
}
