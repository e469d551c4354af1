import type { CacheEntry } from '../../../core/cache/model';
import { parsePython } from '../../../core/cache/pythonJson';
import { printPython } from '../../../core/cache/pythonJsonPrint';
import { formatBytes, formatExact } from '../../format';
import { toolNameOf } from '../toolNames';

/** The most of a value that is shown in an editor; the rest stays in the cache. */
export const maxShownBytes = 4 * 1024 * 1024;
/** Indenting more than this would hold the extension host up. */
const maxIndentedBytes = 2 * 1024 * 1024;
const describedBytes = 256;

/** The text of a value as bytes hold it; undefined when they are not UTF-8 text. */
export function decodeText(bytes: Uint8Array): string | undefined {
  // A NUL is legal UTF-8, and yet no editor shows such a file as text.
  if (bytes.subarray(0, 8192).includes(0)) {
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A value made for reading. Never an error's text: what can't be read is an error of the document instead. */
export function toReadable(bytes: Uint8Array, contentType: string): string {
  const text = decodeText(bytes);
  if (text === undefined) {
    return describeBinary(bytes, contentType);
  }
  if (bytes.byteLength > maxShownBytes) {
    const shown = decodeStart(bytes.subarray(0, maxShownBytes));
    return `${cutNotice(bytes.byteLength)}\n\n${shown}`;
  }
  return (bytes.byteLength <= maxIndentedBytes ? indentJson(text) : undefined) ?? text;
}

/** The first line of a value that is too large to be shown whole. */
export function cutNotice(totalBytes: number): string {
  return `[Context Cache shows the first ${formatBytes(maxShownBytes)} of ${formatBytes(totalBytes)}. The cache holds the whole value.]`;
}

/** What an index tells about a value. */
export type DescribedValue = Pick<CacheEntry, 'contentType' | 'originalKey' | 'scope' | 'key' | 'metadata'>;

/** The editor's language for a value. */
export function languageOf(entry: DescribedValue, text: string): string {
  const type = entry.contentType.split(';', 1)[0]!.trim().toLowerCase();
  const byType = languagesByType.get(type);
  if (byType !== undefined) {
    return byType;
  }
  if (looksLikeJson(text)) {
    return 'json';
  }
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(entry.originalKey)?.[1]?.toLowerCase();
  const byExtension = extension === undefined ? undefined : languagesByExtension.get(extension);
  if (byExtension !== undefined) {
    return byExtension;
  }
  const tool = toolNameOf(entry);
  return (tool === undefined ? undefined : languagesByTool.get(tool)) ?? 'plaintext';
}

const languagesByType: ReadonlyMap<string, string> = new Map([
  ['application/json', 'json'],
  ['text/markdown', 'markdown'],
  ['text/html', 'html'],
  ['text/css', 'css'],
  ['text/csv', 'plaintext'],
  ['text/javascript', 'javascript'],
  ['application/javascript', 'javascript'],
  ['text/x-python', 'python'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
  ['application/yaml', 'yaml'],
  ['text/yaml', 'yaml'],
]);

const languagesByExtension: ReadonlyMap<string, string> = new Map([
  ['json', 'json'],
  ['md', 'markdown'],
  ['html', 'html'],
  ['css', 'css'],
  ['js', 'javascript'],
  ['ts', 'typescript'],
  ['tsx', 'typescriptreact'],
  ['py', 'python'],
  ['sh', 'shellscript'],
  ['sql', 'sql'],
  ['xml', 'xml'],
  ['yaml', 'yaml'],
  ['yml', 'yaml'],
  ['go', 'go'],
  ['rs', 'rust'],
  ['java', 'java'],
  ['diff', 'diff'],
  ['patch', 'diff'],
  ['log', 'log'],
]);

const languagesByTool: ReadonlyMap<string, string> = new Map([
  ['execute_command', 'log'],
  ['check_command_output', 'log'],
  ['scrape_webpage', 'markdown'],
]);

function looksLikeJson(text: string): boolean {
  return text.length <= maxIndentedBytes && indentJson(text) !== undefined;
}

/** JSON objects and arrays, indented as the cache's own writer does, with nothing rounded; undefined for other texts. */
function indentJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) {
    return undefined;
  }
  try {
    return printPython(parsePython(text), { indent: 2, ensureAscii: false });
  } catch {
    // It only looked like JSON: it is shown as the text that it is.
    return undefined;
  }
}

function decodeStart(bytes: Uint8Array): string {
  // A character that the cut went through is left out.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

function describeBinary(bytes: Uint8Array, contentType: string): string {
  const rows: string[] = [];
  for (let start = 0; start < Math.min(bytes.byteLength, describedBytes); start += 16) {
    const row = bytes.subarray(start, start + 16);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${start.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`);
  }
  const more =
    bytes.byteLength > describedBytes ? `\n… ${formatExact(bytes.byteLength - describedBytes)} more bytes` : '';
  return `Binary value: ${formatExact(bytes.byteLength)} bytes, recorded as ${contentType}\n\n${rows.join('\n')}${more}\n`;
}
