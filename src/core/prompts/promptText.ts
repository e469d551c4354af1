import { UserError } from '../errors';
import { leastStable } from './model';
import type { PromptVariable, Stability } from './model';

/**
 * The form in which every text enters a prompt: LF, no byte order mark, no empty lines around it, no line break at its
 * end. Nothing inside a line changes, so that a hard line break of Markdown survives.
 */
export function normaliseText(text: string): string {
  return (text.startsWith('\uFEFF') ? text.slice(1) : text)
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
}

const placeholder = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}/g;

export interface Placeholder {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The `{{name}}` places of a text; offsets are UTF-16. */
export function placeholdersOf(text: string): Placeholder[] {
  return [...text.matchAll(placeholder)].map((match) => ({
    name: match[1]!,
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The variables of a prompt that a text uses, in their order of appearance, each once. */
export function variablesIn(text: string, variables: ReadonlyMap<string, PromptVariable>): PromptVariable[] {
  const names = new Set(placeholdersOf(text).map(({ name }) => name));
  return [...names].flatMap((name) => variables.get(name) ?? []);
}

/** How stable a text is by the variables that it uses. */
export function stabilityOf(text: string, variables: ReadonlyMap<string, PromptVariable>): Stability {
  return variablesIn(text, variables).reduce<Stability>((least, { kind }) => leastStable(least, kind), 'static');
}

/**
 * Puts values in place of declared variables: a given value, else the default of a static variable. Session and turn
 * variables without a value stay as `{{name}}` for the program that sends the prompt, and so does every name that is
 * not declared. Throws a `UserError` for a static variable without any value.
 */
export function fillIn(
  text: string,
  variables: ReadonlyMap<string, PromptVariable>,
  values: ReadonlyMap<string, string>,
): string {
  return text.replace(placeholder, (written, name: string) => {
    const variable = variables.get(name);
    if (variable === undefined) {
      return written;
    }
    const value = values.get(name) ?? (variable.kind === 'static' ? variable.defaultValue : undefined);
    if (value === undefined && variable.kind === 'static') {
      const fix = `Give it a \`default\` in the manifest, or a value: --set ${name}=….`;
      throw new UserError(`The static variable '${name}' has no value.`, fix);
    }
    return value === undefined ? `{{${name}}}` : normaliseText(value);
  });
}
