import type { BudgetConfig, Threshold } from '../../core/config';
import type { Finding } from '../../core/findings';
import { accountFor } from '../../core/instructions/accountFor';
import type { AccountedFile, InstructionAccount } from '../../core/instructions/accountFor';
import { checkFileBudgets, totalFinding } from '../../core/instructions/budgets';
import type { InstructionIndex } from '../../core/instructions/instructionIndex';
import type { HarnessId, LoadMode } from '../../core/instructions/model';
import type { TokenCounts } from '../../core/instructions/tokenCounts';
import type { WorkOptions } from '../../core/ports';
import { takeTurn } from '../../core/turns';
import { emptyCount } from '../tokens/counts';
import { countFor, measureFor } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import { formatExact } from '../format';
import type { InstructionRow } from './rows';
import { noOverhead } from './snapshot';
import type { InstructionsSnapshot, Overhead } from './snapshot';

/** Before the first index. */
export function emptySnapshot(harness: HarnessId, target: CountingTarget, budget: Threshold): InstructionsSnapshot {
  return {
    phase: 'loading',
    failure: undefined,
    harness,
    target,
    account: undefined,
    rows: [],
    fileCount: 0,
    budget,
    totals: { always: emptyCount, glob: emptyCount, onDemand: emptyCount, manual: emptyCount },
    overhead: noOverhead,
    findings: [],
  };
}

export interface SnapshotInput {
  readonly index: InstructionIndex;
  readonly harness: HarnessId;
  readonly target: CountingTarget;
  readonly counts: TokenCounts;
  /** What all always-on instructions together may cost. */
  readonly budget: Threshold;
  /** Budgets of files, by the id of their root; the first one for files of other roots. */
  readonly budgets: ReadonlyMap<string, BudgetConfig>;
  /** About the configuration itself. */
  readonly configFindings: readonly Finding[];
}

/** What a harness makes of an index, in the numbers of the target. */
export async function takeSnapshot(input: SnapshotInput, options: WorkOptions): Promise<InstructionsSnapshot> {
  const { index, harness, target, counts, budget } = input;
  const account = await accountFor(harness, index, counts, options);
  const budgetFindings = [...overTotal(account, input), ...(await overFileBudgets(account, input, options))];
  await takeTurn(options);
  const byLocation = groupByPath([...account.findings, ...budgetFindings]);
  const total = (mode: LoadMode): InstructionsSnapshot['totals'][LoadMode] => countFor(target, account.totals[mode]);
  const rows: InstructionRow[] = [];
  for (const file of account.files) {
    await takeTurn(options);
    rows.push(toRow(file, target, byLocation.get(file.file.location) ?? []));
  }
  return {
    phase: 'ready',
    failure: undefined,
    harness,
    target,
    account,
    rows,
    fileCount: index.files.length,
    budget,
    totals: { always: total('always'), glob: total('glob'), onDemand: total('onDemand'), manual: total('manual') },
    overhead: overheadOf(account, target),
    findings: [
      ...input.configFindings,
      ...index.findings,
      ...index.files.flatMap(({ problems }) => problems),
      ...account.findings,
      ...budgetFindings,
    ],
  };
}

/** Too much in every request is told where most can be won: at the largest file that is always loaded. */
function overTotal(account: InstructionAccount, { budget, target }: SnapshotInput): Finding[] {
  const finding = totalFinding(account, budget, measureFor(target));
  const always = account.files.filter(({ mode }) => mode === 'always');
  const largest = always.reduce<AccountedFile | undefined>(
    (most, file) => (most === undefined || file.tokens > most.tokens ? file : most),
    undefined,
  );
  return finding === undefined || largest === undefined ? [] : [{ ...finding, path: largest.file.location }];
}

/** Findings about single files, each by the budgets of its folder. */
async function overFileBudgets(
  account: InstructionAccount,
  { budgets, counts, target }: SnapshotInput,
  options: WorkOptions,
): Promise<Finding[]> {
  const measure = measureFor(target);
  const [firstRoot] = budgets.keys();
  const findings: Finding[] = [];
  for (const [rootId, budget] of budgets) {
    const files = account.files.filter(({ file }) =>
      budgets.has(file.rootId) ? file.rootId === rootId : rootId === firstRoot,
    );
    findings.push(...(await checkFileBudgets(files, budget, counts, { ...options, measure })));
  }
  return findings;
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
      const group = groups.get(finding.path);
      if (group === undefined) {
        groups.set(finding.path, [finding]);
      } else {
        group.push(finding);
      }
    }
  }
  return groups;
}
