import { harnessIds } from '../../core/instructions/model';
import type { HarnessId } from '../../core/instructions/model';

const labels: Readonly<Record<HarnessId, string>> = {
  all: 'All harnesses',
  'claude-code': 'Claude Code',
  copilot: 'Copilot in VS Code',
  'copilot-cli': 'Copilot CLI',
  codex: 'Codex',
  cursor: 'Cursor',
  windsurf: 'Windsurf',
  cline: 'Cline',
  gemini: 'Gemini CLI',
  kiro: 'Kiro',
  roo: 'Roo Code',
  kilo: 'Kilo Code',
  continue: 'Continue',
  'context-cache': 'Context Cache library',
};

export function harnessLabel(harness: HarnessId): string {
  return labels[harness];
}

/** The harness of a setting's value; `all` for one that is not known. */
export function toHarness(value: unknown): HarnessId {
  return harnessIds.find((id) => id === value) ?? 'all';
}
