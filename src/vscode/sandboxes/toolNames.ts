import type { CacheEntry } from '../../core/cache/model';

const prefix = 'tool_output_';

/** The tool whose output an entry holds: from its metadata, else from its key; undefined for anything else. */
export function toolNameOf(entry: Pick<CacheEntry, 'scope' | 'key' | 'metadata'>): string | undefined {
  if (entry.scope !== 'artifacts' || !entry.key.startsWith(prefix)) {
    return undefined;
  }
  const named = entry.metadata['tool_name'];
  return typeof named === 'string' && named !== '' ? named : toolNameInKey(entry.key);
}

/**
 * The tool in `tool_output_<tool>_<callid>_<callid>` or `tool_output_<tool>_<8 hex>_<tool>`; what is left without a
 * trailing `_<8 hex>` when a key has neither shape.
 */
export function toolNameInKey(key: string): string {
  const rest = key.slice(prefix.length);
  // The call id stands twice at the end: the longest such pair leaves the tool's name.
  for (let length = Math.floor((rest.length - 2) / 2); length > 0; length -= 1) {
    const callId = rest.slice(-length);
    const start = rest.length - 2 * length - 1;
    if (rest.slice(start, start + length) === callId && rest[start + length] === '_' && rest[start - 1] === '_') {
      return rest.slice(0, start - 1);
    }
  }
  const hashed = /^(.+?)_[0-9a-f]{8}(?:_\1)?$/.exec(rest);
  return hashed?.[1] ?? rest;
}
