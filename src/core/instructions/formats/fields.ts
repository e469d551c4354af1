import { splitPatterns } from '../globs';
import type { FormatInput } from './format';

/** A field that must be a string; numbers and booleans are taken as they are written, anything else is a finding. */
export function stringField(input: FormatInput, field: string): string | undefined {
  const value = input.frontMatter.data[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value === 'string') {
    return value.trim() === '' ? undefined : value.trim();
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  input.report(
    field,
    'warning',
    `\`${field}\` is not a text and is ignored.`,
    `Write \`${field}:\` and one line of text.`,
  );
  return undefined;
}

export function booleanField(input: FormatInput, field: string): boolean | undefined {
  const value = input.frontMatter.data[field];
  if (value === undefined || value === null || typeof value === 'boolean') {
    return value ?? undefined;
  }
  if (value === 'true' || value === 'false') {
    return value === 'true';
  }
  input.report(field, 'warning', `\`${field}\` is neither true nor false and is ignored.`, 'Write `true` or `false`.');
  return undefined;
}

/** Patterns as a list, or as one text that separates them by commas; undefined when the field is absent or empty. */
export function patternsField(input: FormatInput, field: string): string[] | undefined {
  const value = input.frontMatter.data[field];
  if (value === undefined || value === null) {
    return undefined;
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const patterns: string[] = [];
  for (const item of items) {
    if (typeof item === 'string') {
      patterns.push(...splitPatterns(item));
    } else if (item !== null) {
      const fix = `Write \`${field}\` as a list of patterns in quotes.`;
      input.report(field, 'warning', `\`${field}\` holds something that is not a pattern; it is ignored.`, fix);
    }
  }
  return patterns.length === 0 ? undefined : patterns;
}

/** One of some words; another one is a finding. */
export function choiceField<Choice extends string>(
  input: FormatInput,
  field: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = stringField(input, field);
  const choice = choices.find((candidate) => candidate === value);
  if (value !== undefined && choice === undefined) {
    const known = choices.map((candidate) => `\`${candidate}\``).join(', ');
    input.report(field, 'warning', `\`${field}: ${value}\` is not known and is ignored.`, `Use one of ${known}.`);
  }
  return choice;
}
