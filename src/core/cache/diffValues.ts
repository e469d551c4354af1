import { createTwoFilesPatch, diffLines } from 'diff';

/** One side of a comparison. */
export interface DiffSide {
  readonly label: string;
  /** undefined = there is no value. */
  readonly bytes: Uint8Array | undefined;
}

export interface ValueDiff {
  readonly identical: boolean;
  /** One side is no UTF-8 text: there is no patch. */
  readonly binary: boolean;
  readonly addedLines: number;
  readonly removedLines: number;
  /** A unified diff; empty when both are the same or one is binary. */
  readonly patch: string;
}

/** Compares two values line by line. A value that does not exist counts as an empty one that differs. */
export function diffValues(left: DiffSide, right: DiffSide): ValueDiff {
  const none = { addedLines: 0, removedLines: 0, patch: '' };
  if (left.bytes !== undefined && right.bytes !== undefined && Buffer.compare(left.bytes, right.bytes) === 0) {
    return { identical: true, binary: textOf(left) === undefined, ...none };
  }
  const before = textOf(left);
  const after = textOf(right);
  if (before === undefined || after === undefined) {
    return { identical: false, binary: true, ...none };
  }
  const changes = diffLines(before, after);
  const count = (kind: 'added' | 'removed'): number =>
    changes.filter((change) => change[kind]).reduce((sum, change) => sum + change.count, 0);
  return {
    identical: false,
    binary: false,
    addedLines: count('added'),
    removedLines: count('removed'),
    patch: createTwoFilesPatch(left.label, right.label, before, after),
  };
}

function textOf({ bytes }: DiffSide): string | undefined {
  if (bytes === undefined) {
    return '';
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
