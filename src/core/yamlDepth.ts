/** More levels than any file of ours has; the parser's stack bears several thousand. */
const maxNesting = 64;

/**
 * Whether brackets or dashes nest so deeply that parsing would take long and then exhaust the stack. Counts those in
 * quotes too.
 */
export function isDeepYaml(yaml: string): boolean {
  let depth = 0;
  for (const character of yaml) {
    depth += character === '[' || character === '{' ? 1 : character === ']' || character === '}' ? -1 : 0;
    if (depth > maxNesting) {
      return true;
    }
  }
  return /^(?:[ \t]*[-?:][ \t]+){64}/m.test(yaml);
}
