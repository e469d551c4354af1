import { sha256Hex } from '../cache/fingerprint';
import { encodingNames } from '../tokens/counter';
import type { EncodingName } from '../tokens/counter';
import type { MeasuredPrompt } from './measure';

/** What a compiled variant was made of. */
export interface LockedVariant {
  readonly sha256: string;
  readonly tokens: number;
  readonly parts: readonly LockedPart[];
}

export interface LockedPart {
  readonly id: string;
  readonly source?: string;
  readonly stability: string;
  readonly sha256: string;
  /** Of the part's own text. */
  readonly tokens: number;
}

/** The record of a prompt's outcomes, to be committed: a changed prompt is a small, readable change of it. */
export interface PromptLock {
  readonly lockVersion: 1;
  readonly name: string;
  readonly encoding: EncodingName;
  readonly variants: Readonly<Record<string, LockedVariant>>;
}

/** The lock of all variants of one prompt, measured in the same encoding. */
export function lockOf(variants: readonly MeasuredPrompt[]): PromptLock {
  const first = variants[0]!;
  return {
    lockVersion: 1,
    name: first.prompt.name,
    encoding: first.encoding,
    variants: Object.fromEntries(
      variants.map(({ prompt, tokens, pieces }) => [
        prompt.variant,
        {
          sha256: hashOf(prompt.text),
          tokens,
          parts: pieces.map(({ piece, tokens: own }) => ({
            id: piece.id,
            ...(piece.source === undefined ? {} : { source: piece.source }),
            stability: piece.prefixStability,
            sha256: hashOf(piece.text),
            tokens: own,
          })),
        },
      ]),
    ),
  };
}

/** The text of a lock file; ends with a line break. */
export function lockText(lock: PromptLock): string {
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/** Reads the text of a lock file; undefined when it is none, or of a later version. */
export function parseLock(text: string): PromptLock | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) {
    return undefined;
  }
  const { lockVersion, name, variants } = value;
  const encoding = encodingNames.find((candidate) => candidate === value['encoding']);
  const isLock =
    lockVersion === 1 &&
    typeof name === 'string' &&
    encoding !== undefined &&
    isObject(variants) &&
    Object.values(variants).every(isLockedVariant);
  return isLock ? { lockVersion, name, encoding, variants: variants as PromptLock['variants'] } : undefined;
}

function isLockedVariant(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['sha256'] === 'string' &&
    isCount(value['tokens']) &&
    Array.isArray(value['parts']) &&
    value['parts'].every(
      (part) =>
        isObject(part) &&
        ['id', 'stability', 'sha256'].every((field) => typeof part[field] === 'string') &&
        isCount(part['tokens']),
    )
  );
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function lockFileName(name: string): string {
  return `${name}.prompt.lock.json`;
}

function hashOf(text: string): string {
  return sha256Hex(new TextEncoder().encode(text));
}
