import type { Finding } from '../../core/findings';
import { formatById } from '../../core/instructions/formats/table';
import { compareText, loadModes } from '../../core/instructions/model';
import type { FormatId, LoadMode, RootKind } from '../../core/instructions/model';
import type { TokenCount } from '../../core/tokens/counter';
import { atOnce } from '../../core/turns';
import { addCounts, emptyCount } from '../tokens/counts';

/** One instruction file as the view shows it: what it is, and what it costs the chosen harness. */
export interface InstructionRow {
  /** Unique and stable: the file's id in the index. */
  readonly id: string;
  /** Absolute path or URI. */
  readonly location: string;
  readonly shownPath: string;
  readonly rootKind: RootKind;
  readonly name: string;
  readonly format: FormatId;
  readonly mode: LoadMode;
  /** What it costs when it is loaded. */
  readonly cost: TokenCount;
  /** The whole file as it stands on disk. */
  readonly raw: TokenCount;
  /** What is always in context for it, though its body is not: an entry of an index or a catalogue. */
  readonly catalogue: TokenCount;
  /** Bytes that a cap of the harness drops. */
  readonly droppedBytes: number;
  readonly description: string | undefined;
  readonly globs: readonly string[];
  /** Why it is loaded in this mode: a sentence. */
  readonly why: string;
  readonly problems: readonly Finding[];
}

export type Grouping = 'mode' | 'format' | 'folder';
export type Ordering = 'size' | 'name';

export interface RowOptions {
  readonly grouping: Grouping;
  readonly ordering: Ordering;
  /** Words that a row must all contain; empty for every row. */
  readonly filter: string;
}

/** A heading with the rows below it. */
export interface RowGroup {
  /** Unique and stable: `mode/always`, `format/skill`, `folder/docs`. */
  readonly id: string;
  readonly label: string;
  /** What the rows cost together when all are loaded. */
  readonly total: TokenCount;
  readonly rows: readonly InstructionRow[];
}

export const modeLabels: Readonly<Record<LoadMode, string>> = {
  always: 'Always',
  glob: 'Glob',
  onDemand: 'On demand',
  manual: 'Manual',
};

export const modeMeanings: Readonly<Record<LoadMode, string>> = {
  always: 'in every request',
  glob: 'when a matching file is in play',
  onDemand: 'when its description matches',
  manual: 'only when you name it',
};

/** Filters, groups and sorts; groups of modes stand in the order of what they cost, others by their label. */
export function groupRows(rows: readonly InstructionRow[], options: RowOptions): RowGroup[] {
  return atOnce(groupingRows(rows, options));
}

/** {@link groupRows}, for thousands of rows: yields between its pieces. */
export function* groupingRows(rows: readonly InstructionRow[], options: RowOptions): Generator<void, RowGroup[]> {
  const groups = new Map<string, { label: string; rows: InstructionRow[] }>();
  const isWanted = matcherOf(options.filter);
  for (const row of rows) {
    yield;
    if (!isWanted(row)) {
      continue;
    }
    const { id, label } = groupOf(row, options.grouping);
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, { label, rows: [row] });
    } else {
      group.rows.push(row);
    }
  }
  const result: RowGroup[] = [];
  for (const [id, group] of groups) {
    yield;
    result.push({
      id,
      label: group.label,
      total: addCounts(group.rows.map(({ cost }) => cost)) ?? emptyCount,
      rows: sortRows(group.rows, options.ordering),
    });
  }
  yield;
  return result.sort(
    options.grouping === 'mode'
      ? (a, b) => modeRank(a.rows[0]!.mode) - modeRank(b.rows[0]!.mode)
      : (a, b) => (options.ordering === 'size' ? b.total.tokens - a.total.tokens : 0) || compareText(a.label, b.label),
  );
}

/** The rows that contain each of the filter's words in their path, name, description, format or mode. */
export function filterRows(rows: readonly InstructionRow[], filter: string): readonly InstructionRow[] {
  return rows.filter(matcherOf(filter));
}

function matcherOf(filter: string): (row: InstructionRow) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => {
    if (words.length === 0) {
      return true;
    }
    const text = [row.shownPath, row.name, row.description ?? '', formatById(row.format).title, modeLabels[row.mode]]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** The folder of a path for people, `.` for none. */
export function folderOf(shownPath: string): string {
  const end = Math.max(shownPath.lastIndexOf('/'), shownPath.lastIndexOf('\\'));
  return end <= 0 ? '.' : shownPath.slice(0, end);
}

export function fileNameOf(shownPath: string): string {
  return shownPath.slice(Math.max(shownPath.lastIndexOf('/'), shownPath.lastIndexOf('\\')) + 1);
}

function groupOf(row: InstructionRow, grouping: Grouping): { id: string; label: string } {
  switch (grouping) {
    case 'mode':
      return { id: `mode/${row.mode}`, label: modeLabels[row.mode] };
    case 'format':
      return { id: `format/${row.format}`, label: formatById(row.format).title };
    case 'folder': {
      const folder = folderOf(row.shownPath);
      return { id: `folder/${folder}`, label: folder };
    }
  }
}

/** By path without regard to case, the largest first before that where the size is asked for. */
function sortRows(rows: readonly InstructionRow[], ordering: Ordering): InstructionRow[] {
  const bySize = ordering === 'size';
  return rows
    .map((row) => ({ row, path: row.shownPath.toLowerCase() }))
    .sort(
      (a, b) =>
        (bySize ? b.row.cost.tokens - a.row.cost.tokens : 0) ||
        compareText(a.path, b.path) ||
        compareText(a.row.shownPath, b.row.shownPath) ||
        compareText(a.row.id, b.row.id),
    )
    .map(({ row }) => row);
}

function modeRank(mode: LoadMode): number {
  return loadModes.indexOf(mode);
}
