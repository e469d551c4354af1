import type { Uri } from 'vscode';
import type { InstructionRow, RowGroup } from './rows';

/** The rows of the Instructions view. Ids are paths, unique in the view, and the same as long as the row means the same. */
export type InstructionNode = GroupNode | FileNode | OverheadNode | ProblemNode;

export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly group: RowGroup;
  readonly children: readonly (FileNode | OverheadNode)[];
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: string;
  readonly row: InstructionRow;
  /** The file itself, for commands. */
  readonly uri: Uri;
  readonly parent: GroupNode;
}

/** What a harness adds of its own: preambles, and the entries of its index or catalogue. */
export interface OverheadNode {
  readonly kind: 'overhead';
  readonly id: string;
  readonly parent: GroupNode;
}

/** Shown above the last good rows when indexing failed; a click tries again. */
export interface ProblemNode {
  readonly kind: 'problem';
  readonly id: string;
  readonly message: string;
}
