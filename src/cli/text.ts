import { replaceInSlices } from '../core/replaceInSlices';

/* eslint-disable no-control-regex -- these are the characters that a terminal obeys or hides */
/** Control characters, direction overrides and line separators: what a name or value must not do to a terminal. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const unprintableInText =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/* eslint-enable no-control-regex */

/** Text of one line for a terminal: whatever it would obey is shown as its escape, such as `\u001b`. */
export function printable(text: string): string {
  return [...replaceInSlices(text, unprintable, escape)].join('');
}

/** The same for text of many lines: newlines and tabs stay. */
export function printableText(text: string): string {
  return [...printablePieces(text)].join('');
}

/** The same in pieces: the escapes of a very large text together may be longer than a string can be. */
export function* printablePieces(text: string): Generator<string> {
  let held = '';
  for (const piece of replaceInSlices(text, unprintableInText, escapeInText)) {
    // A line end of two characters may lie across two pieces.
    const joined = held + piece;
    held = joined.endsWith('\r') ? '\r' : '';
    yield finishLines(joined.slice(0, joined.length - held.length));
  }
  yield finishLines(held);
}

function escapeInText(character: string): string {
  return character === '\r' ? character : escape(character);
}

function finishLines(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\r', escape('\r'));
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A cell is no wider: one key of 255 characters must not push every other column out of sight. */
const widestCell = 100;

/** Columns for a terminal, separated by two spaces; a column of numbers is aligned to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map((cell) => shorten(printable(String(cell)))))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => Array.from(row[column] ?? '').length)));
  const numeric = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[\d.,]+ ?[%\w]*$|^-?$/.test(String(row[column] ?? ''))),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const padding = ' '.repeat(Math.max(0, widths[column]! - Array.from(cell).length));
          return numeric[column] === true ? padding + cell : cell + padding;
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** The two ends of a text that is too wide, with an ellipsis between. */
function shorten(text: string): string {
  const characters = Array.from(text);
  const end = Math.floor(widestCell / 3);
  return characters.length <= widestCell
    ? text
    : `${characters.slice(0, widestCell - end - 1).join('')}…${characters.slice(-end).join('')}`;
}

/** Bytes in binary units for a person: `950 B`, `3.1 KiB`, `31 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024 || unit === 'GiB') {
      return `${value >= 10 || unit === 'B' ? Math.round(value) : value.toFixed(1)} ${unit}`;
    }
    value /= 1024;
  }
  return `${bytes} B`;
}
