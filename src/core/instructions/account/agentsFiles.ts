import type { InstructionIndex } from '../instructionIndex';
import type { PlannedFile } from './harness';
import { planFile } from './support';

/** AGENTS.md as most harnesses read it: the root's always, one in a folder when a file there is in play. */
export function planAgentsFiles(index: InstructionIndex): readonly PlannedFile[] {
  return index.files
    .filter((file) => file.format === 'agents-md' && file.rootKind === 'workspace' && !isOverride(file.path))
    .map((file) => planFile(file));
}

export function isOverride(path: string): boolean {
  return /(?:^|\/)AGENTS\.override\.md$/i.test(path);
}
