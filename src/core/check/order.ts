import type { Finding, Severity } from '../findings';
import { compareText } from '../instructions/model';
import { takeTurn } from '../turns';
import type { TurnOptions } from '../turns';

const severities: readonly Severity[] = ['error', 'warning', 'information'];

/** The worse of two first. */
export function compareSeverity(left: Severity, right: Severity): number {
  return severities.indexOf(left) - severities.indexOf(right);
}

/** Sorted by path, line and id, each problem of a place once: the worst of those with the same id and range. */
export async function settleFindings(findings: readonly Finding[], options: TurnOptions = {}): Promise<Finding[]> {
  const byPlace = new Map<string, Finding>();
  for (const finding of findings) {
    await takeTurn(options);
    const place = placeOf(finding);
    const other = byPlace.get(place);
    if (other === undefined || compareSeverity(finding.severity, other.severity) < 0) {
      byPlace.set(place, finding);
    }
  }
  await takeTurn(options);
  return [...byPlace.values()].sort(
    (left, right) =>
      compareText(left.path ?? '', right.path ?? '') ||
      (left.range?.startLine ?? -1) - (right.range?.startLine ?? -1) ||
      (left.range?.startCharacter ?? -1) - (right.range?.startCharacter ?? -1) ||
      compareText(left.id, right.id) ||
      compareText(left.message, right.message),
  );
}

/**
 * What a finding is about, whatever numbers are in its message; what comes after a semicolon explains, and may differ.
 */
export function placeOf({ id, path, range, message, scope, key }: Finding): string {
  const words = message.split(';')[0]!.replace(/\d[\d,.]*/g, '#');
  return [id, path, range?.startLine, range?.startCharacter, scope, key, words].join('\n');
}
