import type { Clock } from '../ports';

/** A time as an index records it. */
export type Timestamp =
  /** Naive, and therefore UTC: what the original writer writes and reads. `ms` may have a fraction (microseconds). */
  | { readonly kind: 'naive'; readonly ms: number }
  /** With a zone: understood here, but the original reader fails on the whole scope. */
  | { readonly kind: 'aware'; readonly ms: number }
  | { readonly kind: 'malformed' };

/** The forms that every Python since 3.7 takes: date, any separator, time, three or six digits of a second. */
const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[^](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{3}|\d{6}))?)?)?([zZ]|[+-]\d\d:\d\d(?::\d\d(?:\.\d{6})?)?)?)?$/;

/** Reads a recorded time; milliseconds since the epoch, exact to the microsecond from 1831 to 2109. */
export function parseTimestamp(text: string): Timestamp {
  const match = pattern.exec(text);
  if (match === null) {
    return { kind: 'malformed' };
  }
  const [year, month, day, hour, minute, second, fraction] = match
    .slice(1, 8)
    .map((digits: string | undefined) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) {
    return { kind: 'malformed' };
  }
  const microseconds = match[7]?.length === 3 ? fraction * 1000 : fraction;
  // Whole microseconds first and one division at the end: a sum of fractions would be off by a microsecond at times.
  const wholeMs = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
  const ms = (wholeMs * 1000 + microseconds) / 1000;
  const zone = match[8];
  return zone === undefined ? { kind: 'naive', ms } : { kind: 'aware', ms: ms - zoneOffsetMs(zone) };
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') {
    return 0;
  }
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(':').map(Number);
  const size = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return zone.startsWith('-') ? -size : size;
}

/**
 * Naive UTC as Python's `isoformat` writes it: six digits of a second, or none when they are all zero. Takes
 * milliseconds since the epoch; a fraction keeps its microseconds. RangeError outside the years 1 to 9999.
 */
export function formatTimestamp(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  const wholeSeconds = Math.floor(microseconds / 1_000_000);
  const fraction = microseconds - wholeSeconds * 1_000_000;
  const iso = new Date(wholeSeconds * 1000).toISOString();
  if (!/^\d{4}-/.test(iso) || iso.startsWith('0000')) {
    throw new RangeError('The time lies outside the years 1 to 9999.');
  }
  const seconds = iso.slice(0, 19);
  return fraction === 0 ? seconds : `${seconds}.${fraction.toString().padStart(6, '0')}`;
}

/** The clock's time in the format of the index. */
export function pythonNow(clock: Clock): string {
  return formatTimestamp(clock.now());
}

const msPerHour = 3_600_000;

/**
 * When something written at `ms` expires, `hours` later; RangeError past the year 9999.
 */
export function expiryAfter(ms: number, hours: number): string {
  return formatTimestamp(ms + hours * msPerHour);
}
