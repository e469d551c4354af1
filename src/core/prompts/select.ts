/**
 * Chooses the variant of a prompt at run time. This file imports nothing, so that it can be copied into any program.
 */

/** Variables of the environment that are always heeded, the stronger first. */
const selectFlags = ['CONTEXT_CACHE_PROMPT', 'USE_KV_CACHE_PROMPT'] as const;

export interface SelectInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An environment variable of the project's own naming; stronger than the ones above. */
  readonly flag?: string | undefined;
  /** 0 to 100: the share of keys that get the streamlined prompt when no flag decides. Default 0. */
  readonly percentage?: number | undefined;
  /** What a decision holds for: a user, a conversation. Without one, a percentage between 0 and 100 gives full. */
  readonly key?: string | undefined;
  /** Mixed into the hash, so that two prompts do not pick the same people. The prompt's name is a good one. */
  readonly salt?: string | undefined;
  /** Names of variants besides full and streamlined that a flag may name. */
  readonly profiles?: readonly string[] | undefined;
  /** False when an instruction that the streamlined prompt would fetch can't be served. */
  readonly available?: boolean | undefined;
}

export type SelectReason = 'flag' | 'percentage' | 'default' | 'unavailable';

export interface Selection {
  readonly variant: string;
  readonly reason: SelectReason;
  /** The flag that decided. */
  readonly flag?: string;
  /** 0 up to (not including) 100: where the key lies; it gets streamlined when that is below the percentage. */
  readonly bucket?: number;
}

/**
 * A flag decides first: `true`, `1`, `on`, `yes` or `streamlined`; `false`, `0`, `off`, `no` or `full`; the name of a
 * profile; or a percentage such as `25%`. A flag with any other value is passed over. Then the percentage decides, then
 * full. Whatever needs instructions that can't be served becomes full.
 */
export function selectVariant(input: SelectInput): Selection {
  const chosen = choose(input);
  return input.available === false && chosen.variant !== 'full'
    ? { ...chosen, variant: 'full', reason: 'unavailable' }
    : chosen;
}

function choose(input: SelectInput): Selection {
  const names = input.flag === undefined ? selectFlags : [input.flag, ...selectFlags];
  for (const flag of names) {
    const value = (input.env[flag] ?? '').trim();
    const word = value.toLowerCase();
    if (['true', '1', 'on', 'yes', 'streamlined'].includes(word)) {
      return { variant: 'streamlined', reason: 'flag', flag };
    }
    if (['false', '0', 'off', 'no', 'full'].includes(word)) {
      return { variant: 'full', reason: 'flag', flag };
    }
    if (input.profiles?.includes(value) === true) {
      return { variant: value, reason: 'flag', flag };
    }
    const share = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(word);
    if (share !== null && Number(share[1]) <= 100) {
      return { ...byShare(Number(share[1]), input), flag };
    }
  }
  const { percentage = 0 } = input;
  return percentage > 0 ? byShare(percentage, input) : { variant: 'full', reason: 'default' };
}

function byShare(percentage: number, input: SelectInput): Selection {
  if (input.key === undefined) {
    return { variant: percentage >= 100 ? 'streamlined' : 'full', reason: 'percentage' };
  }
  const bucket = bucketOf(input.key, input.salt ?? '');
  return { variant: bucket < percentage ? 'streamlined' : 'full', reason: 'percentage', bucket };
}

/**
 * A number from 0 up to (not including) 100 with two decimals, always the same for the same key and salt: FNV-1a over
 * the UTF-8 bytes, then MurmurHash3's finalizer, which spreads keys that differ in one character only.
 */
export function bucketOf(key: string, salt: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${salt}\n${key}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return Math.floor(((hash >>> 0) / 2 ** 32) * 10_000) / 100;
}
