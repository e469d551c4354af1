import type { Finding } from '../../findings';
import type { InstructionFile } from '../model';
import type { PlannedFile } from './harness';

/** The text after the front matter. */
export function bodyOf(file: InstructionFile): string {
  return file.source.text.slice(file.bodyStart);
}

/** Why a file is loaded when its own format says so. */
function whyByFormat(file: InstructionFile): string {
  switch (file.mode) {
    case 'always':
      return 'Loaded in every request.';
    case 'glob':
      return `Loaded when a file matches ${listed(file.globs.map(({ written }) => `\`${written}\``))}.`;
    case 'onDemand':
      return 'Its description is always there; the text is loaded when it is needed.';
    case 'manual':
      return 'Loaded only when a person names it.';
  }
}

/** A file as its format says, with the whole text unless something else is given. */
export function planFile(file: InstructionFile, changes: Partial<PlannedFile> = {}): PlannedFile {
  return {
    file,
    mode: file.mode,
    globs: file.globs,
    text: bodyOf(file),
    droppedBytes: 0,
    catalogText: '',
    why: whyByFormat(file),
    ...changes,
  };
}

/** One element with a child for each field that has a value; the shape in which harnesses list things. */
export function catalogEntry(element: string, fields: Readonly<Record<string, string | undefined>>): string {
  const children = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `<${name}>${value!}</${name}>\n`);
  return `<${element}>\n${children.join('')}</${element}>\n`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown} or ${items.length - 5} more` : shown || 'nothing';
}

/** A finding about a cap that keeps bytes of a file out of the context. */
export function capFinding(file: InstructionFile, message: string, fix: string): Finding {
  return { id: 'cap', severity: 'warning', message: `\`${file.shownPath}\`: ${message}`, fix, path: file.location };
}

export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The longest start of a text that has at most `maxBytes` bytes in UTF-8, without a character cut in two. */
export function cutBytes(text: string, maxBytes: number): { readonly text: string; readonly droppedBytes: number } {
  if (byteLength(text) <= maxBytes) {
    return { text, droppedBytes: 0 };
  }
  const bytes = Buffer.from(text, 'utf8');
  let end = Math.max(0, maxBytes);
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) {
    end--;
  }
  return { text: bytes.toString('utf8', 0, end), droppedBytes: bytes.length - end };
}

/** The first `maxCharacters` UTF-16 units of a text, one less where that would cut a pair. */
export function cutCharacters(
  text: string,
  maxCharacters: number,
): { readonly text: string; readonly droppedBytes: number } {
  if (text.length <= maxCharacters) {
    return { text, droppedBytes: 0 };
  }
  const unit = text.charCodeAt(maxCharacters - 1);
  const kept = text.slice(0, unit >= 0xd800 && unit <= 0xdbff ? maxCharacters - 1 : maxCharacters);
  return { text: kept, droppedBytes: byteLength(text) - byteLength(kept) };
}
