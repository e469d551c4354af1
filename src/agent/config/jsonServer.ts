import { isDeepStrictEqual } from 'node:util';
import { applyEdits, findNodeAtLocation, modify, parse, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { UserError } from '../../core/errors';

export interface JsonServer {
  /** The file's name, for messages. */
  readonly path: string;
  /** The object that holds the servers by name. */
  readonly section: string;
  readonly name: string;
  /** The members that the server must have; others that it has stay. */
  readonly server: Readonly<Record<string, unknown>>;
}

type JsonObject = Readonly<Record<string, unknown>>;

const byteOrderMark = '\ufeff';
/** Members of a server that is reached over the network. */
const remoteMembers = ['url', 'httpUrl', 'serverUrl'];

/**
 * A settings file in JSON, perhaps with comments, with a server in it. Only what must change is written; the rest keeps
 * its order, white space, comments and line ends.
 */
export function editJsonServer(text: string | undefined, target: JsonServer): string {
  const { section, name, server } = target;
  if (text === undefined || text.replace(byteOrderMark, '').trim() === '') {
    return `${JSON.stringify({ [section]: { [name]: server } }, null, 2)}\n`;
  }
  const mark = text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const original = text.slice(mark.length);
  const before = parseObject(original, target);
  const existing = serverIn(before, target);
  let edited = original;
  if (before[section] === undefined) {
    edited = insertMember(edited, [], section, { [name]: server });
  } else if (existing === undefined) {
    edited = insertMember(edited, [section], name, server);
  } else {
    for (const [member, value] of Object.entries(server)) {
      if (!(member in existing)) {
        edited = insertMember(edited, [section, name], member, value);
      } else if (!isDeepStrictEqual(existing[member], value)) {
        edited = applyEdits(edited, modify(edited, [section, name, member], value, {}));
      }
    }
  }
  assertOnlyOurs(before, parseObject(edited, target), { ...existing, ...server }, target);
  return mark + edited;
}

function parseObject(text: string, { path }: JsonServer): JsonObject {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split(/\r\n|\r|\n/).length;
    throw new UserError(
      `\`${path}\` is not valid JSON: ${printParseErrorCode(error.error)} in line ${line}.`,
      'Correct the file, and connect again. Nothing was changed.',
    );
  }
  if (!isObject(value)) {
    throw new UserError(`\`${path}\` holds no object.`, 'Correct the file, and connect again. Nothing was changed.');
  }
  return value;
}

/** The server that is there already; undefined when there is none. */
function serverIn(value: JsonObject, { path, section, name }: JsonServer): JsonObject | undefined {
  const servers = value[section];
  if (servers !== undefined && !isObject(servers)) {
    throw new UserError(`\`${section}\` in \`${path}\` is no object.`, 'Correct the file, and connect again.');
  }
  const server = servers?.[name];
  if (server !== undefined && !isObject(server)) {
    throw new UserError(`The server \`${name}\` in \`${path}\` is no object.`, 'Remove it, and connect again.');
  }
  if (server !== undefined && remoteMembers.some((member) => member in server)) {
    throw new UserError(
      `\`${path}\` has a server \`${name}\` that is reached over the network.`,
      'Rename or remove it, and connect again.',
    );
  }
  return server;
}

/** A name that stands twice, for instance, is changed at its first place and read from its last. */
function assertOnlyOurs(before: JsonObject, after: JsonObject, server: JsonObject, target: JsonServer): void {
  const { section, name, path } = target;
  const servers = before[section] as JsonObject | undefined;
  const wanted = { ...before, [section]: { ...servers, [name]: server } };
  if (!isDeepStrictEqual(after, wanted)) {
    throw new UserError(
      `\`${path}\` can't be changed without changing more than the server.`,
      'Look for names that stand in it twice, or add the server by hand.',
    );
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Puts a member first into an object, in the way in which the object is laid out. First, since a comment behind the
 * last member would come to stand behind ours.
 */
function insertMember(text: string, path: readonly string[], name: string, value: unknown): string {
  const object = objectAt(text, path);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const unit = /(?:^|\n)([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  const lineIndent = /[ \t]*/.exec(text.slice(text.lastIndexOf('\n', object.offset - 1) + 1))![0];
  const indent = lineIndent + unit;
  const lines = JSON.stringify(value, null, unit).split('\n');
  const member = `${JSON.stringify(name)}: ${lines.join(eol + indent)}`;
  const start = object.offset + 1;
  const end = object.offset + object.length - 1;
  const inside = text.slice(start, end);
  if (inside.trim() === '') {
    return `${text.slice(0, start)}${eol}${indent}${member}${eol}${lineIndent}${text.slice(end)}`;
  }
  const comma = object.children?.length === 0 ? '' : ',';
  // The rest of the first line may be a comment about the object.
  const firstLine = /^[ \t]*(?:\/\/[^\r\n]*)?(?=\r?\n)/.exec(inside);
  if (firstLine !== null) {
    const at = start + firstLine[0].length;
    return `${text.slice(0, at)}${eol}${indent}${member}${comma}${text.slice(at)}`;
  }
  const space = /^\s*/.exec(inside)![0];
  const inOneLine = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  return `${text.slice(0, start)}${space}${inOneLine}${comma}${space === '' ? ' ' : ''}${text.slice(start)}`;
}

function objectAt(text: string, path: readonly string[]): Node {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
  if (node?.type !== 'object') {
    throw new Error(`There is no object at ${path.join('.')}.`);
  }
  return node;
}
