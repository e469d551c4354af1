import { isDeepStrictEqual } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { UserError } from '../../core/errors';
import { tomlStatements } from './tomlStatements';
import type { TomlStatement } from './tomlStatements';

export interface TomlServer {
  /** The file's name, for messages. */
  readonly path: string;
  readonly name: string;
  readonly server: { readonly command: string; readonly args: readonly string[] };
}

type TomlObject = Readonly<Record<string, unknown>>;

const section = 'mcp_servers';
const byteOrderMark = '\ufeff';

/**
 * A settings file in TOML with the table `[mcp_servers.<name>]` in it. In a table that is there already only the
 * command and its arguments change; everything else in the file stays to the byte.
 */
export function editTomlServer(text: string | undefined, target: TomlServer): string {
  const original = text ?? '';
  const mark = original.startsWith(byteOrderMark) ? byteOrderMark : '';
  const body = original.slice(mark.length);
  const before = parseToml(body, target);
  const servers = before[section];
  const existing = isObject(servers) ? servers[target.name] : undefined;
  if (isObject(existing) && 'url' in existing) {
    throw new UserError(
      `\`${target.path}\` has a server \`${target.name}\` that is reached over the network.`,
      'Rename or remove it, and connect again.',
    );
  }
  const edited = existing === undefined ? append(body, target) : replace(body, target);
  assertOnlyOurs(before, edited, target);
  return mark + edited;
}

function append(text: string, { name, server }: TomlServer): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text.trim() === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
  return [
    text + gap + `[${section}.${name}]`,
    `command = ${tomlString(server.command)}`,
    `args = ${tomlList(server.args)}`,
    '',
  ].join(eol);
}

function replace(text: string, target: TomlServer): string {
  const statements = tomlStatements(text);
  const header = statements.findIndex((statement) => isHeaderOf(statement, target.name));
  if (header === -1) {
    throw new UserError(
      `\`${target.path}\` has the server \`${target.name}\`, but not as the table [${section}.${target.name}].`,
      'Remove it, and connect again.',
    );
  }
  const next = statements.findIndex(({ kind }, at) => at > header && kind === 'header');
  const own = statements.slice(header + 1, next === -1 ? undefined : next);
  const wanted = new Map([
    ['command', tomlString(target.server.command)],
    ['args', tomlList(target.server.args)],
  ]);
  let edited = '';
  let copied = 0;
  for (const { key, valueStart, valueEnd } of own) {
    const value = wanted.get(key ?? '');
    if (value !== undefined) {
      edited += text.slice(copied, valueStart) + value;
      copied = valueEnd;
      wanted.delete(key ?? '');
    }
  }
  edited += text.slice(copied);
  if (wanted.size === 0) {
    return edited;
  }
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const at = statements[header]!.end;
  const missing = [...wanted].map(([key, value]) => `${key} = ${value}${eol}`).join('');
  const start = edited.slice(0, at);
  return start + (start.endsWith('\n') ? '' : eol) + missing + edited.slice(at);
}

function isHeaderOf({ kind, text }: TomlStatement, name: string): boolean {
  if (kind !== 'header' || text.trimStart().startsWith('[[')) {
    return false;
  }
  // A header alone is a whole document: the parser knows every way to write its name.
  const value = parse(text)[section];
  return isObject(value) && isObject(value[name]) && Object.keys(value[name]).length === 0;
}

function parseToml(text: string, { path }: TomlServer): TomlObject {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) {
      const reason = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
      throw new UserError(
        `\`${path}\` is not valid TOML: ${reason} in line ${error.line}.`,
        'Correct the file, and connect again. Nothing was changed.',
        { cause: error },
      );
    }
    throw error;
  }
}

/** Also refuses servers in an inline table, which no other table may add to. */
function assertOnlyOurs(before: TomlObject, edited: string, target: TomlServer): void {
  const servers = isObject(before[section]) ? before[section] : {};
  const existing = isObject(servers[target.name]) ? servers[target.name] : {};
  const wanted = {
    ...before,
    [section]: { ...servers, [target.name]: { ...(existing as TomlObject), ...target.server } },
  };
  if (!isDeepStrictEqual(plain(parsedOrUndefined(edited)), plain(wanted))) {
    throw new UserError(
      `\`${target.path}\` can't be changed without changing more than the server.`,
      `Write its servers as tables such as [${section}.other], or add the server by hand.`,
    );
  }
}

function parsedOrUndefined(text: string): TomlObject | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) {
      return undefined;
    }
    throw error;
  }
}

/** Without the prototypes, which differ between parsed tables and our own. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : structuredClone(value);
}

function isObject(value: unknown): value is TomlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** JSON's escapes are all among TOML's. */
function tomlString(text: string): string {
  return JSON.stringify(text);
}

function tomlList(items: readonly string[]): string {
  return `[${items.map(tomlString).join(', ')}]`;
}
