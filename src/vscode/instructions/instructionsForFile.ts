import type { Uri } from 'vscode';
import type { InstructionsModel } from './instructionsModel';
import type { InstructionRow } from './rows';

/** An instruction that concerns a file, and why. */
export interface AppliedInstruction {
  readonly row: InstructionRow;
  /** Whether the harness loads it by itself when the file is in play. */
  readonly loaded: boolean;
  /** A sentence. */
  readonly reason: string;
}

export function instructionsForFile(_model: InstructionsModel, _uri: Uri): AppliedInstruction[] {
  return [];
}
