import { lockOf } from '../lock';
import type { LockedPart, PromptLock } from '../lock';
import type { MeasuredPrompt } from '../measure';
import { compiledDocument } from '../prefix/document';
import type { PrefixDocument } from '../prefix/document';

/** A prompt as it was, or is: the record of all its variants, and their texts where they are known. */
export interface PromptVersion {
  readonly label: string;
  readonly lock: PromptLock;
  /** By variant; empty for a lock file, which holds hashes and no text. */
  readonly documents: ReadonlyMap<string, PrefixDocument>;
}

/** The version that the measured variants of one prompt make. */
export function versionOf(label: string, variants: readonly MeasuredPrompt[]): PromptVersion {
  const documents = variants.map(({ prompt }) => {
    const document = compiledDocument(prompt);
    return [prompt.variant, { ...document, label: `${prompt.name}.${prompt.variant} (${label})` }] as const;
  });
  return { label, lock: lockOf(variants), documents: new Map(documents) };
}

export interface VersionedPart {
  readonly id: string;
  readonly change: 'same' | 'changed' | 'moved' | 'added' | 'removed';
  /** Tokens of the part's own text in each version's encoding; undefined where it does not stand. */
  readonly left: number | undefined;
  readonly right: number | undefined;
}

/** Two versions of one variant, by their records. */
export interface VersionComparison {
  readonly variant: string;
  readonly left: { readonly label: string; readonly tokens: number };
  readonly right: { readonly label: string; readonly tokens: number };
  /** Tokens that the right one has more; undefined when the two were counted in different encodings. */
  readonly delta: number | undefined;
  /** In the order of the right version; what was removed stands where it stood. */
  readonly parts: readonly VersionedPart[];
  /** The first part that is not where and what it was; undefined when the two are equal. */
  readonly firstChange: string | undefined;
}

/** The variants that both versions have. */
export function commonVariants(left: PromptVersion, right: PromptVersion): string[] {
  return Object.keys(right.lock.variants).filter((name) => Object.hasOwn(left.lock.variants, name));
}

/** Compares one variant of two versions, part by part. The variant must be in both. */
export function compareVersions(left: PromptVersion, right: PromptVersion, variant: string): VersionComparison {
  const before = left.lock.variants[variant]!;
  const after = right.lock.variants[variant]!;
  const ids = mergeOrders(
    before.parts.map(({ id }) => id),
    after.parts.map(({ id }) => id),
  );
  const stays = new Set(unmoved(before.parts, after.parts));
  const find = (parts: readonly LockedPart[], id: string): LockedPart | undefined =>
    parts.find((part) => part.id === id);
  const parts = ids.map((id): VersionedPart => {
    const [a, b] = [find(before.parts, id), find(after.parts, id)];
    const change =
      a === undefined
        ? 'added'
        : b === undefined
          ? 'removed'
          : a.sha256 !== b.sha256
            ? 'changed'
            : stays.has(id)
              ? 'same'
              : 'moved';
    return { id, change, left: a?.tokens, right: b?.tokens };
  });
  return {
    variant,
    left: { label: left.label, tokens: before.tokens },
    right: { label: right.label, tokens: after.tokens },
    delta: left.lock.encoding === right.lock.encoding ? after.tokens - before.tokens : undefined,
    parts,
    firstChange: before.sha256 === after.sha256 ? undefined : parts.find(({ change }) => change !== 'same')?.id,
  };
}

/** The order of the right list, with what only the left one has after its neighbour there. */
function mergeOrders(left: readonly string[], right: readonly string[]): string[] {
  const merged = [...right];
  left.forEach((id, index) => {
    if (!merged.includes(id)) {
      const neighbour = left.slice(0, index).findLast((other) => merged.includes(other));
      merged.splice(neighbour === undefined ? 0 : merged.indexOf(neighbour) + 1, 0, id);
    }
  });
  return merged;
}

/** The most ids that stand in both in the same order: those that did not move. */
function unmoved(left: readonly LockedPart[], right: readonly LockedPart[]): string[] {
  const places = new Map(right.map(({ id }, index) => [id, index]));
  const common = left.flatMap(({ id }) => (places.has(id) ? [{ id, place: places.get(id)! }] : []));
  // The longest rising sequence of places: `tails` are the ends of the best one of each length so far.
  const tails: number[] = [];
  const before = common.map(({ place }, index) => {
    let length = tails.length;
    while (length > 0 && common[tails[length - 1]!]!.place > place) {
      length -= 1;
    }
    tails[length] = index;
    return tails[length - 1];
  });
  const ids: string[] = [];
  for (let index = tails.at(-1); index !== undefined; index = before[index]) {
    ids.push(common[index]!.id);
  }
  return ids;
}
