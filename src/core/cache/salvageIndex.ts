import { parsePython } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';

/** The original prints each entry with this end; a cut file ends somewhere after one of them. */
const entryEnd = '\n  }';
const mostCuts = 2000;

/**
 * The entries that can still be read in the bytes of an unreadable index: behind a byte order mark, before the place
 * where it was cut off, or with bytes in between that are no UTF-8. Never throws; empty when nothing can be read.
 */
export function salvageIndex(bytes: Uint8Array): PythonObject {
  const text = new TextDecoder('utf-8').decode(bytes).trim();
  const whole = tryParse(text);
  if (whole !== undefined) {
    return whole;
  }
  let end = text.length;
  for (let cuts = 0; cuts < mostCuts; cuts += 1) {
    end = text.lastIndexOf(entryEnd, end - 1);
    if (end < 0) {
      break;
    }
    const part = tryParse(`${text.slice(0, end + entryEnd.length)}\n}`);
    if (part !== undefined) {
      return part;
    }
  }
  return new Map();
}

function tryParse(text: string): PythonObject | undefined {
  let value: PythonValue;
  try {
    value = parsePython(text);
  } catch {
    return undefined;
  }
  return value instanceof Map ? value : undefined;
}
