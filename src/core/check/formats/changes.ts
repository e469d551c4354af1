import { harnessById } from '../../instructions/account/table';
import { compareText } from '../../instructions/model';
import type { HarnessId } from '../../instructions/model';
import type { HarnessChange, ReportComparison } from '../compareReports';

/** `+1,240`, `−7` or `±0`; the same in each locale. */
export function formatChange(difference: number): string {
  const digits = formatTokens(Math.abs(difference));
  return difference > 0 ? `+${digits}` : difference < 0 ? `−${digits}` : `±${digits}`;
}

export function formatTokens(tokens: number): string {
  return String(tokens).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/**
 * What a change does to each request, one sentence a file, the largest first: `+1,240 always-on tokens in AGENTS.md
 * (Codex, Cursor)`.
 */
export function changeSentences(comparison: ReportComparison): readonly string[] {
  const harnessesOf = new Map<string, { difference: number; path: string; harnesses: HarnessId[] }>();
  for (const { harness, files } of comparison.harnesses) {
    for (const { path, before, after } of files) {
      const difference = (after?.always ?? 0) - (before?.always ?? 0);
      const key = `${difference}\n${path}`;
      const entry = harnessesOf.get(key) ?? { difference, path, harnesses: [] };
      entry.harnesses.push(harness);
      harnessesOf.set(key, entry);
    }
  }
  return [...harnessesOf.values()]
    .filter(({ difference }) => difference !== 0)
    .sort((left, right) => Math.abs(right.difference) - Math.abs(left.difference) || compareText(left.path, right.path))
    .map(({ difference, path, harnesses }) => {
      const names = harnesses.map((harness) => harnessById(harness).title).join(', ');
      return `${formatChange(difference)} always-on tokens in ${path} (${names})`;
    });
}

/** The harnesses for which anything differs. */
export function changedHarnesses(comparison: ReportComparison): readonly HarnessChange[] {
  return comparison.harnesses.filter(({ before, after, files }) => files.length > 0 || before.always !== after.always);
}
