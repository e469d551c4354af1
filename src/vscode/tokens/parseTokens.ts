/** `10000`, `10,000`, `10k`, `1.5M` as tokens; undefined for anything else. */
export function parseTokens(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text.replace(/[\s,_]/g, ''));
  if (match === null) {
    return undefined;
  }
  const factor = { '': 1, k: 1000, m: 1_000_000 }[match[2]!.toLowerCase() as '' | 'k' | 'm'];
  const tokens = Math.round(Number(match[1]) * factor);
  return tokens >= 1 && Number.isSafeInteger(tokens) ? tokens : undefined;
}
