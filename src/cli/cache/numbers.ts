import { InvalidArgumentError } from 'commander';

/** A command-line argument that is a whole number from 1 on. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1) {
    throw new InvalidArgumentError('Give a whole number from 1 on.');
  }
  return number;
}

/** A command-line argument that is a number of hours above 0, such as `24` or `0.5`. */
export function hoursArgument(text: string): number {
  const hours = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || !(hours > 0)) {
    throw new InvalidArgumentError('Give the hours as a number above 0, such as 24 or 0.5.');
  }
  return hours;
}

/** Collects an option that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** A command-line argument that is a size from 0 on. */
export function budgetArgument(text: string): number {
  const size = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || !Number.isFinite(size)) {
    throw new InvalidArgumentError('Give a size in MiB, such as 8 or 0.');
  }
  return size;
}
