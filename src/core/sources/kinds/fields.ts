import { UserError } from '../../errors';

/** The fields of a sandbox's description as a person wrote them: nothing in it is certain. */
export type RawFields = Readonly<Record<string, unknown>>;

/** An error that names the sandbox and the field. */
export function fieldError(fields: RawFields, field: string, problem: string, nextStep: string): UserError {
  const name = typeof fields['name'] === 'string' && fields['name'] !== '' ? ` ${JSON.stringify(fields['name'])}` : '';
  return new UserError(`The field "${field}" of the sandbox${name} ${problem}.`, nextStep);
}

export function readText(fields: RawFields, field: string, example: string): string {
  const text = readOptionalText(fields, field, example);
  if (text === undefined) {
    throw fieldError(fields, field, 'is missing', `Give it a text such as ${JSON.stringify(example)}.`);
  }
  return text;
}

export function readOptionalText(fields: RawFields, field: string, example: string): string | undefined {
  const value = fields[field];
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || value === '' || hasControlCharacter(value)) {
    throw fieldError(fields, field, 'is not a line of text', `Give it a text such as ${JSON.stringify(example)}.`);
  }
  return value;
}

/** A name that ends up as an argument of a program or a part of an address: never an option, never two segments. */
export function readIdentifier(fields: RawFields, field: string, example: string): string {
  const text = readText(fields, field, example);
  requireIdentifier(fields, field, text, example);
  return text;
}

export function readOptionalIdentifier(fields: RawFields, field: string, example: string): string | undefined {
  return fields[field] === undefined ? undefined : readIdentifier(fields, field, example);
}

function requireIdentifier(fields: RawFields, field: string, text: string, example: string): void {
  if (text.startsWith('-')) {
    throw fieldError(fields, field, "begins with '-'", `Give it a name such as ${JSON.stringify(example)}.`);
  }
  if (!/^[\w.:[\]%@+-]+$/.test(text) || /^\.+$/.test(text)) {
    const problem = 'has characters that a name can not have';
    throw fieldError(fields, field, problem, `Give it a name such as ${JSON.stringify(example)}.`);
  }
}

/** Absolute path of the kv-cache folder in the sandbox, without a slash at its end. */
export function readRoot(fields: RawFields): string {
  const example = '/workspace/.iris/kv-cache';
  const root = readText(fields, 'root', example);
  if (!root.startsWith('/') || root.split('/').includes('..')) {
    throw fieldError(fields, 'root', 'is not an absolute path', `Give the kv-cache folder, such as ${example}.`);
  }
  return root.replace(/(?<=.)\/+$/, '');
}

export function readOptionalPort(fields: RawFields): number | undefined {
  const value = fields['port'];
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw fieldError(fields, 'port', 'is not a port', 'Give a number from 1 to 65535, or leave it out.');
  }
  return value;
}

/** A program and its arguments. */
export function readCommand(fields: RawFields): readonly string[] {
  const value = fields['command'];
  const next = 'Give an array such as ["docker", "exec", "-i", "name"].';
  if (typeof value === 'string') {
    throw fieldError(fields, 'command', 'is one text, and no shell is there to split it', next);
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((word) => typeof word === 'string')) {
    throw fieldError(fields, 'command', 'is not an array of texts', next);
  }
  const words = value as readonly string[];
  if (words[0] === '' || words[0]!.startsWith('-') || words.some((word) => word.includes('\0'))) {
    throw fieldError(fields, 'command', 'does not begin with a program', next);
  }
  return words;
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
