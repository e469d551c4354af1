const sliceUnits = 1024 * 1024;

/**
 * Replaces every match of a global pattern that matches one UTF-16 unit. In slices, because V8 ends the process where
 * one call of `replace` on a text of many megabytes finds too many matches.
 */
export function* replaceInSlices(
  text: string,
  pattern: RegExp,
  replacement: (unit: string) => string,
): Generator<string> {
  for (let start = 0; start < text.length; start += sliceUnits) {
    yield text.slice(start, start + sliceUnits).replace(pattern, replacement);
  }
}
