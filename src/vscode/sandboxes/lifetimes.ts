/** Hours of `24`, `24h`, `7d`, `90m`; undefined for anything else, and for nothing or less. */
export function parseHours(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([mhdw]?)\s*$/i.exec(text);
  if (match === null) {
    return undefined;
  }
  const perUnit: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, w: 168 };
  const hours = Number(match[1]) * (perUnit[match[2]!.toLowerCase()] ?? 1);
  return hours > 0 && Number.isFinite(hours) ? hours : undefined;
}
