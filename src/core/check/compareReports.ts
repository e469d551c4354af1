import type { Finding } from '../findings';
import type { AccountedFile, InstructionAccount } from '../instructions/accountFor';
import { compareText } from '../instructions/model';
import type { HarnessId, LoadMode } from '../instructions/model';
import type { CheckReport } from './model';
import { compareSeverity, placeOf } from './order';

/** What a change of a workspace adds, takes and breaks. */
export interface ReportComparison {
  readonly harnesses: readonly HarnessChange[];
  /** Those that the earlier report does not have, or has as less severe. */
  readonly newFindings: readonly Finding[];
}

export interface HarnessChange {
  readonly harness: HarnessId;
  readonly before: Readonly<Record<LoadMode, number>>;
  readonly after: Readonly<Record<LoadMode, number>>;
  /** Files whose cost or mode differs, by path. */
  readonly files: readonly FileChange[];
}

/** Tokens of one file; a side is undefined where the harness does not load the file. */
export interface FileChange {
  readonly path: string;
  readonly before: FileCost | undefined;
  readonly after: FileCost | undefined;
}

export interface FileCost {
  readonly mode: LoadMode;
  /** Of the text as it is loaded. */
  readonly tokens: number;
  /** Of it and of its catalogue entry, as far as they are in every request. */
  readonly always: number;
}

/** Both reports must be of the same harnesses. */
export function compareReports(before: CheckReport, after: CheckReport): ReportComparison {
  const harnesses = after.accounts.map((account): HarnessChange => {
    const earlier = before.accounts.find(({ harness }) => harness === account.harness);
    return {
      harness: account.harness,
      before: earlier?.totals ?? { always: 0, glob: 0, onDemand: 0, manual: 0 },
      after: account.totals,
      files: changedFiles(earlier, account),
    };
  });
  const known = new Map<string, Finding>();
  for (const finding of before.findings) {
    known.set(placeWithoutLine(finding), finding);
  }
  const newFindings = after.findings.filter((finding) => {
    const earlier = known.get(placeWithoutLine(finding));
    return earlier === undefined || compareSeverity(finding.severity, earlier.severity) < 0;
  });
  return { harnesses, newFindings };
}

/** Lines move when text is put above them: a finding that only moved is not new. */
function placeWithoutLine({ range: _, ...finding }: Finding): string {
  return placeOf(finding);
}

function changedFiles(before: InstructionAccount | undefined, after: InstructionAccount): readonly FileChange[] {
  const costs = (account: InstructionAccount | undefined): Map<string, FileCost> =>
    new Map((account?.files ?? []).map((planned) => [planned.file.shownPath, costOf(planned)]));
  const earlier = costs(before);
  const later = costs(after);
  return [...new Set([...earlier.keys(), ...later.keys()])]
    .sort(compareText)
    .map((path): FileChange => ({ path, before: earlier.get(path), after: later.get(path) }))
    .filter(({ before: left, after: right }) => left?.mode !== right?.mode || !sameTokens(left, right));
}

function costOf(planned: AccountedFile): FileCost {
  const { mode, tokens, catalogTokens } = planned;
  return { mode, tokens, always: catalogTokens + (mode === 'always' ? tokens : 0) };
}

function sameTokens(left: FileCost | undefined, right: FileCost | undefined): boolean {
  return left?.tokens === right?.tokens && left?.always === right?.always;
}
