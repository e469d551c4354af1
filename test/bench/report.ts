/** The median of the values that are there; undefined when more than half of them are missing. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined || middle === Number.POSITIVE_INFINITY ? undefined : middle;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Three significant digits and a unit that fits. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) {
    return '–';
  }
  const [value, unit] = ms < 1 ? [ms * 1000, 'µs'] : ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's'];
  return `${Number(value.toPrecision(value < 10 ? 2 : 3))} ${unit}`;
}

/** How many times the second fits into the first, such as `12.3 ×`. */
export function ratio(reference: number | undefined, value: number | undefined): string {
  if (reference === undefined || value === undefined) {
    return '–';
  }
  const times = reference / value;
  return times >= 1000 ? `${Math.round(times).toLocaleString('en-US')} ×` : `${Number(times.toPrecision(3))} ×`;
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
