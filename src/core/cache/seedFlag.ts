import { describeError } from '../errors';
import type { SeedFlag } from './model';
import { isPythonObject, parsePythonBytes, PythonNumber } from './pythonJson';

export type SeedFlagFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly flag: SeedFlag }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads `.instructions_seeded.json`; never throws. */
export function parseSeedFlag(bytes: Uint8Array | undefined): SeedFlagFile {
  if (bytes === undefined) {
    return { kind: 'absent' };
  }
  let root;
  try {
    root = parsePythonBytes(bytes);
  } catch (error) {
    return { kind: 'invalid', reason: describeError(error) };
  }
  const version = isPythonObject(root) ? root.get('version') : undefined;
  const seededAt = isPythonObject(root) ? root.get('seeded_at') : undefined;
  const results = isPythonObject(root) ? root.get('results') : undefined;
  if (!(version instanceof PythonNumber) || typeof seededAt !== 'string' || !isPythonObject(results)) {
    return { kind: 'invalid', reason: 'It lacks version, seeded_at or results.' };
  }
  const outcome = Object.create(null) as Record<string, boolean>;
  for (const [tag, value] of results) {
    outcome[tag] = value === true;
  }
  return { kind: 'valid', flag: { version: version.value, seededAt, results: outcome } };
}
