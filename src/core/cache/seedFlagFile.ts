import { isPythonObject, parsePythonBytes, PythonNumber } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';
import { printPython } from './pythonJsonPrint';
import { parseSeedFlag } from './seedFlag';
import { formatTimestamp } from './timestamps';

const flagVersion = 1;

/**
 * The seed flag after these tags were seeded: earlier results and unknown fields stay. Unless something was written
 * (`renewed`), a flag that already names all of them stays as it is, to the byte.
 */
export function mergeSeedFlag(
  current: Uint8Array | undefined,
  tags: readonly string[],
  nowMs: number,
  renewed: boolean,
): Uint8Array {
  const known = parseSeedFlag(current);
  if (current !== undefined && known.kind === 'valid' && !renewed && tags.every((tag) => known.flag.results[tag])) {
    return current;
  }
  const root: PythonObject = known.kind === 'valid' ? objectOf(parsePythonBytes(current!)) : new Map();
  const results = new Map(objectOf(root.get('results')));
  for (const tag of tags) {
    results.set(tag, true);
  }
  const flag = new Map<string, PythonValue>([['version', PythonNumber.int(flagVersion)], ...root]);
  // Aware, as the original writes this one file: the indexes must stay naive.
  flag.set('seeded_at', `${formatTimestamp(nowMs)}+00:00`);
  flag.set('results', results);
  return new TextEncoder().encode(printPython(flag, { indent: 2, ensureAscii: false }));
}

function objectOf(value: PythonValue | undefined): PythonObject {
  return isPythonObject(value) ? value : new Map<string, PythonValue>();
}
