import type { Finding } from '../../core/findings';
import { accountFor } from '../../core/instructions/accountFor';
import type { AccountedFile, InstructionAccount } from '../../core/instructions/accountFor';
import type { InstructionIndex } from '../../core/instructions/instructionIndex';
import type { HarnessId, LoadMode } from '../../core/instructions/model';
import type { TokenCounts } from '../../core/instructions/tokenCounts';
import type { WorkOptions } from '../../core/ports';
import { emptyCount } from '../tokens/counts';
import { countFor } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import { formatExact } from '../format';
import type { InstructionRow } from './rows';
import { noOverhead } from './snapshot';
import type { InstructionsSnapshot, Overhead } from './snapshot';

/** Before the first index. */
export function emptySnapshot(harness: HarnessId, target: CountingTarget): InstructionsSnapshot {
  return {
    phase: 'loading',
    failure: undefined,
    harness,
    target,
    account: undefined,
    rows: [],
    fileCount: 0,
    totals: { always: emptyCount, glob: emptyCount, onDemand: emptyCount, manual: emptyCount },
    overhead: noOverhead,
    findings: [],
  };
}

/** What a harness makes of an index, in the numbers of the target. */
export async function takeSnapshot(
  index: InstructionIndex,
  harness: HarnessId,
  target: CountingTarget,
  counts: TokenCounts,
  options: WorkOptions,
): Promise<InstructionsSnapshot> {
  const account = await accountFor(harness, index, counts, options);
  const byLocation = groupByPath(account.findings);
  const total = (mode: LoadMode): InstructionsSnapshot['totals'][LoadMode] => countFor(target, account.totals[mode]);
  return {
    phase: 'ready',
    failure: undefined,
    harness,
    target,
    account,
    rows: account.files.map((file) => toRow(file, target, byLocation.get(file.file.location) ?? [])),
    fileCount: index.files.length,
    totals: { always: total('always'), glob: total('glob'), onDemand: total('onDemand'), manual: total('manual') },
    overhead: overheadOf(account, target),
    findings: [...index.findings, ...index.files.flatMap(({ problems }) => problems), ...account.findings],
  };
}

function toRow(accounted: AccountedFile, target: CountingTarget, findings: readonly Finding[]): InstructionRow {
  const { file } = accounted;
  return {
    id: file.id,
    location: file.location,
    shownPath: file.shownPath,
    rootKind: file.rootKind,
    name: file.name,
    format: file.format,
    mode: accounted.mode,
    cost: countFor(target, accounted.tokens),
    raw: countFor(target, file.rawTokens),
    catalogue: countFor(target, accounted.catalogTokens),
    droppedBytes: accounted.droppedBytes,
    description: file.description,
    globs: accounted.globs.map(({ written }) => written),
    why: accounted.why,
    problems: [...file.problems, ...findings],
  };
}

function overheadOf({ files, preambles }: InstructionAccount, target: CountingTarget): Overhead {
  const listed = files.filter(({ catalogTokens }) => catalogTokens > 0);
  const entries = listed.reduce((sum, { catalogTokens }) => sum + catalogTokens, 0);
  const parts = [
    ...(listed.length === 0
      ? []
      : [{ label: `${formatExact(listed.length)} entries of its index and catalogue`, tokens: entries }]),
    ...preambles.map(({ title, tokens }) => ({ label: title, tokens })),
  ];
  return {
    total: countFor(
      target,
      parts.reduce((sum, { tokens }) => sum + tokens, 0),
    ),
    entries: listed.length,
    parts: parts.map(({ label, tokens }) => ({ label, count: countFor(target, tokens) })),
  };
}

function groupByPath(findings: readonly Finding[]): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.path !== undefined) {
      groups.set(finding.path, [...(groups.get(finding.path) ?? []), finding]);
    }
  }
  return groups;
}
