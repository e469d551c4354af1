import type { Amount } from '../../economics';
import type { HistoryPoint, ReportPart } from '../model';

/** Every digit, in groups of three: `12,345`. */
export function exact(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 token`, `2,048 tokens`. */
export function tokensText(tokens: number): string {
  return `${exact(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`;
}

/** A share as whole per cent; `<1%` for a little. */
export function percent(part: number, whole: number): string {
  if (whole <= 0 || part === 0) {
    return '0%';
  }
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? '<1%' : `${Math.round(share)}%`;
}

/** A sum of money, or of input tokens, in about three digits. */
function sum(value: number): string {
  return value === 0 ? '0' : value >= 100 ? exact(value) : value >= 1 ? value.toFixed(2) : value.toPrecision(3);
}

/** An estimate carries its range. */
export function amount({ value, low, high }: Amount): string {
  return low === high ? sum(value) : `~${sum(value)} (${sum(low)}–${sum(high)})`;
}

const kindNames: Readonly<Record<ReportPart['kind'], string>> = {
  text: 'text of the manifest',
  file: 'file',
  instruction: 'instruction',
  index: 'index of instructions on demand',
  tools: 'tool schemas',
  conversation: 'conversation',
};

/** What a part was made from: `file parts/identity.md`. */
export function sourceOf({ kind, source, onDemand }: ReportPart): string {
  return kind === 'index'
    ? `${kindNames.index}: ${onDemand.join(', ')}`
    : [kindNames[kind], source ?? ''].join(' ').trim();
}

/** The day of a point, or what it is. */
export function dayOf({ at, origin }: HistoryPoint): string {
  return at === null ? (origin === 'lock' ? 'lock file' : 'now') : at.slice(0, 10);
}

/** Text that fits into so many pixels at the charts' font size; empty when nothing readable does. */
export function fit(text: string, width: number): string {
  const most = Math.floor((width - 10) / 6.6);
  return text.length <= most ? text : most < 4 ? '' : `${text.slice(0, most - 1).trimEnd()}…`;
}
