import type { InstructionIndex } from '../../core/instructions/instructionIndex';
import type { HarnessId, InstructionFile, LoadMode } from '../../core/instructions/model';
import { loadModes } from '../../core/instructions/model';
import type { TokenCounts } from '../../core/instructions/tokenCounts';
import type { WorkOptions } from '../../core/ports';
import type { TokenCount } from '../../core/tokens/counter';
import type { Services } from '../services';
import { addCounts, emptyCount } from '../tokens/counts';
import { countFor } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import type { InstructionRow } from './rows';
import { noOverhead } from './snapshot';
import type { InstructionsSnapshot } from './snapshot';

/** Before the first index. */
export function emptySnapshot(harness: HarnessId, target: CountingTarget): InstructionsSnapshot {
  return {
    phase: 'loading',
    failure: undefined,
    harness,
    target,
    rows: [],
    fileCount: 0,
    totals: { always: emptyCount, glob: emptyCount, onDemand: emptyCount, manual: emptyCount },
    overhead: noOverhead,
    findings: [],
  };
}

export async function takeSnapshot(
  _services: Services,
  index: InstructionIndex,
  harness: HarnessId,
  target: CountingTarget,
  _counts: TokenCounts,
  _options: WorkOptions,
): Promise<InstructionsSnapshot> {
  const rows = index.files.map((file) => toRow(file, target));
  return Promise.resolve({
    phase: 'ready',
    failure: undefined,
    harness,
    target,
    rows,
    fileCount: index.files.length,
    totals: totalsOf(rows),
    overhead: noOverhead,
    findings: [...index.findings, ...rows.flatMap(({ problems }) => problems)],
  });
}

function toRow(file: InstructionFile, target: CountingTarget): InstructionRow {
  const raw = countFor(target, file.rawTokens);
  return {
    id: file.id,
    location: file.location,
    shownPath: file.shownPath,
    rootKind: file.rootKind,
    name: file.name,
    format: file.format,
    mode: file.mode,
    cost: raw,
    raw,
    catalogue: emptyCount,
    droppedBytes: 0,
    description: file.description,
    globs: file.globs.map(({ written }) => written),
    problems: file.problems,
  };
}

function totalsOf(rows: readonly InstructionRow[]): Record<LoadMode, TokenCount> {
  const total = (mode: LoadMode): TokenCount =>
    addCounts(rows.filter((row) => row.mode === mode).map(({ cost }) => cost)) ?? emptyCount;
  return Object.fromEntries(loadModes.map((mode) => [mode, total(mode)])) as Record<LoadMode, TokenCount>;
}
