/** What is being written at a place of a manifest; the text need not be valid YAML yet. */
export interface ManifestPlace {
  /** `item`: a list item of a list that has none of the dash yet. */
  readonly kind: 'key' | 'value' | 'item' | 'variable';
  /** Names from the root to what is written, `*` for a list item or a name of the author's own. */
  readonly path: readonly string[];
  /** Keys that the mapping has already. */
  readonly present: readonly string[];
  /** What is written so far and will be replaced, as UTF-16 offsets. */
  readonly start: number;
  readonly end: number;
}

interface Line {
  readonly indent: number;
  /** Where the content begins: behind the dashes. */
  readonly column: number;
  readonly dash: boolean;
  readonly content: string;
  readonly key: string | undefined;
  /** What follows the key. */
  readonly value: string;
}

/** Mappings whose keys the author names. */
const ownNames = new Set(['variables', 'profiles']);

/** The place at an offset, found by indentation alone, so that half a line is enough. */
export function placeAt(text: string, offset: number): ManifestPlace | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const found = (kind: ManifestPlace['kind'], typed: string, path: readonly string[], present: readonly string[]) => {
    const start = offset - typed.length;
    const rest = /^[\w./-]*/.exec(text.slice(offset))![0];
    return { kind, path: generic(path), present, start, end: offset + rest.length };
  };
  const variable = /\{\{[ \t]*(\w*)$/.exec(before);
  if (variable !== null) {
    return found('variable', variable[1]!, [], []);
  }
  if (/^[ \t]*#/.test(before)) {
    return undefined;
  }
  const above = text.slice(0, lineStart).split('\n').slice(0, -1).map(readLine);
  const below = text.slice(offset).split('\n').slice(1).map(readLine);
  const line = readLine(before);
  const parents = parentsOf(line, above);
  if (parents === undefined) {
    return undefined;
  }
  const flow = /^(?:([\w.-]+):[ \t]*)?([{[])([^{}[\]]*)$/.exec(line.content);
  if (flow !== null) {
    const [, key, open, inside] = flow;
    const path = key === undefined ? parents : [...parents, key];
    const entries = inside!.split(',');
    const last = entries.at(-1)!.trimStart();
    const pair = /^([\w.-]+):[ \t]*(.*)$/.exec(last);
    if (open === '[') {
      return found('value', last, path, []);
    }
    const present = entries.slice(0, -1).map((entry) => entry.split(':')[0]!.trim());
    return pair === null ? found('key', last, path, present) : found('value', pair[2]!, [...path, pair[1]!], present);
  }
  const pair = /^([\w.-]+):[ \t]+(.*)$/.exec(line.content);
  if (pair !== null) {
    return found('value', pair[2]!, [...parents, pair[1]!], []);
  }
  if (!/^[\w./-]*$/.test(line.content)) {
    return undefined;
  }
  if (scalarLists.has(parents.at(line.dash ? -2 : -1) ?? '')) {
    return found(line.dash ? 'value' : 'item', line.content, line.dash ? parents.slice(0, -1) : parents, []);
  }
  if (parents.length === 1 && parents[0] === 'parts') {
    return found('item', line.content, parents, []);
  }
  return found('key', line.content, parents, siblings(line, above, below));
}

const scalarLists = new Set(['models', 'inline', 'omit', 'only']);

function generic(path: readonly string[]): string[] {
  return path.map((name, index) => (index === 1 && ownNames.has(path[0]!) ? '*' : name));
}

function readLine(text: string): Line {
  const [, blanks = '', dashes = '', content = ''] = /^([ \t]*)((?:-(?:[ \t]+|$))*)(.*)$/.exec(text) ?? [];
  const [, key, value = ''] = /^["']?([\w.-]+)["']?:(?:[ \t]+(.*))?\r?$/.exec(content) ?? [];
  return {
    indent: blanks.length,
    column: blanks.length + dashes.length,
    dash: dashes !== '',
    content: content.replace(/\r$/, ''),
    key,
    value: value.replace(/(?:^|[ \t])#.*$/, '').trim(),
  };
}

function isBlank({ content, dash }: Line): boolean {
  return !dash && (content === '' || content.startsWith('#'));
}

/** The names above a line; undefined inside of a text that YAML takes as it is. */
function parentsOf(line: Line, above: readonly Line[]): string[] | undefined {
  const path: string[] = line.dash ? ['*'] : [];
  let column = line.dash ? line.indent : line.column;
  let inList = line.dash;
  for (let index = above.length - 1; index >= 0 && (column > 0 || inList); index--) {
    const candidate = above[index]!;
    if (isBlank(candidate)) {
      continue;
    }
    if (!inList && candidate.dash && candidate.column === column) {
      path.unshift('*');
      column = candidate.indent;
      inList = true;
      continue;
    }
    const owns = inList
      ? candidate.column <= column && !(candidate.dash && candidate.indent >= column)
      : candidate.column < column;
    if (!owns) {
      continue;
    }
    if (candidate.key === undefined || candidate.value !== '') {
      return undefined;
    }
    path.unshift(candidate.key);
    column = candidate.column;
    inList = false;
    if (candidate.dash) {
      path.unshift('*');
      column = candidate.indent;
      inList = true;
    }
  }
  return inList ? undefined : path;
}

/** The keys beside a line. */
function siblings(line: Line, above: readonly Line[], below: readonly Line[]): string[] {
  const keys: string[] = [];
  const collect = (lines: readonly Line[], upwards: boolean): void => {
    for (const other of lines) {
      if (isBlank(other) || other.column > line.column) {
        continue;
      }
      const begins = other.dash && other.column === line.column;
      if (other.column < line.column || (begins && !upwards)) {
        return;
      }
      keys.push(...(other.key === undefined ? [] : [other.key]));
      if (begins) {
        return;
      }
    }
  };
  if (!line.dash) {
    collect([...above].reverse(), true);
  }
  collect(below, false);
  return keys;
}
