import type { Uri } from 'vscode';
import { instructionsFor } from '../../core/instructions/accountFor';
import { locationOf } from './editorFiles';
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

/** Which instructions the chosen harness has in context for a file, and which can be fetched; loaded ones first. */
export function instructionsForFile(model: InstructionsModel, uri: Uri): AppliedInstruction[] {
  const { account, rows } = model.snapshot;
  const place = model.placeOf(locationOf(uri));
  if (account === undefined || place === undefined) {
    return [];
  }
  const rowsById = new Map(rows.map((row) => [row.id, row]));
  return instructionsFor(place.path, place.rootId, account.files)
    .map(({ planned, isLoaded, why }) => ({ row: rowsById.get(planned.file.id)!, loaded: isLoaded, reason: why }))
    .sort((a, b) => Number(b.loaded) - Number(a.loaded));
}
