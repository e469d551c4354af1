import type { InstructionIndex } from '../instructions/instructionIndex';
import type { FormatId, HarnessId, InstructionFile } from '../instructions/model';
import { harnessIds } from '../instructions/model';

const byFormat: Readonly<Record<FormatId, HarnessId | undefined>> = {
  'copilot-instructions': 'copilot',
  'instructions-md': 'copilot',
  'prompt-md': 'copilot',
  'claude-md': 'claude-code',
  'claude-rules': 'claude-code',
  'claude-memory': 'claude-code',
  'agents-md': 'codex',
  'gemini-md': 'gemini',
  'cursor-rules': 'cursor',
  'windsurf-rules': 'windsurf',
  'cline-rules': 'cline',
  'kiro-steering': 'kiro',
  'roo-rules': 'roo',
  'kilo-rules': 'kilo',
  'continue-rules': 'continue',
  library: 'context-cache',
  skill: undefined,
  agent: undefined,
};

const byHome: Readonly<Record<string, HarnessId>> = {
  '.claude': 'claude-code',
  '.github': 'copilot',
  '.agents': 'codex',
  '.gemini': 'gemini',
  '.cursor': 'cursor',
};

/**
 * The harnesses that a workspace has files for; those that only read along with others are not among them. In the order
 * of all harnesses.
 */
export function harnessesInUse(index: InstructionIndex): readonly HarnessId[] {
  const used = new Set(index.files.filter(({ rootKind }) => rootKind === 'workspace').map(harnessOf));
  return harnessIds.filter((id) => used.has(id));
}

function harnessOf(file: InstructionFile): HarnessId | undefined {
  return byFormat[file.format] ?? byHome[file.home];
}
