import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodingName } from '../../src/core/tokens/counter';
import { projectRoot } from './places';

/** The tokens of an encoding as the build packaged them, in the order of their ranks. */
export function packagedTokens(encoding: EncodingName): Uint8Array[] {
  const file = readFileSync(join(projectRoot, 'dist', 'tokens', `${encoding}.tokens`));
  const count = file.readUInt32LE(32);
  let start = 36 + count;
  return Array.from(file.subarray(36, start), (length) => {
    start += length;
    return file.subarray(start - length, start);
  });
}
