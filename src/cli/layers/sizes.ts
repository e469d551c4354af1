import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** A command-line argument that is a size: bytes, or with a unit such as `100MB`, `1.5G`, `10GiB` (all of 1024). */
export function sizeArgument(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text);
  const bytes = match === null ? NaN : Number(match[1]) * (units[match[2]!.toUpperCase()] ?? NaN);
  if (!Number.isFinite(bytes)) {
    throw new InvalidArgumentError('Give a size such as 500MB, 10GiB or a number of bytes.');
  }
  return Math.floor(bytes);
}

/** A command-line argument that is a number of days above 0. */
export function daysArgument(text: string): number {
  const days = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || !(days > 0)) {
    throw new InvalidArgumentError('Give the days as a number above 0, such as 30 or 0.5.');
  }
  return days;
}
