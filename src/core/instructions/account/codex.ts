import type { Finding } from '../../findings';
import type { InstructionIndex } from '../instructionIndex';
import { compareText } from '../model';
import type { InstructionFile } from '../model';
import { isOverride } from './agentsFiles';
import type { Harness, PlannedFile } from './harness';
import { planSkills } from './skills';
import { byteLength, capFinding, cutBytes, planFile } from './support';

const title = 'Codex';
/** For all project files of one chain of folders together. */
const maxProjectBytes = 32 * 1024;

/** Codex: one AGENTS.md a folder, from the repository's root down to where it runs, joined up to a limit. */
export const codex: Harness = {
  id: 'codex',
  title,
  plan(index) {
    const skills = planSkills(index, {
      harnessTitle: title,
      homes: ['.agents', '.codex'],
      userHomes: ['.agents', '.codex'],
    });
    const findings: Finding[] = [];
    const chosen = chooseOnePerFolder(index, findings);
    const global = chosen.filter((file) => file.rootKind === 'user').map((file) => planFile(file));
    const project = planChains(
      chosen.filter((file) => file.rootKind !== 'user'),
      findings,
    );
    return {
      files: [...global, ...project, ...skills.files],
      preambles: [],
      findings: [...findings, ...skills.findings],
    };
  },
};

/** In each folder the override goes before AGENTS.md, which is then not read. */
function chooseOnePerFolder(index: InstructionIndex, findings: Finding[]): readonly InstructionFile[] {
  const byFolder = new Map<string, InstructionFile>();
  for (const file of index.files.filter(({ format }) => format === 'agents-md')) {
    const folder = `${file.rootId}\n${file.base}`;
    const other = byFolder.get(folder);
    const winner = other === undefined || isOverride(file.path) ? file : other;
    const loser = other === undefined ? undefined : winner === file ? other : file;
    byFolder.set(folder, winner);
    if (loser !== undefined) {
      findings.push({
        id: 'shadowed',
        severity: 'information',
        message: `Codex does not read \`${loser.shownPath}\`, since \`${winner.shownPath}\` stands beside it.`,
        fix: 'Remove the override when it is no longer needed.',
        path: loser.location,
      });
    }
  }
  return [...byFolder.values()];
}

function planChains(files: readonly InstructionFile[], findings: Finding[]): readonly PlannedFile[] {
  const planned: PlannedFile[] = [];
  const ancestors = files.filter(({ rootKind }) => rootKind === 'ancestor');
  // A folder comes before the folders in it, so that what stands above is known.
  const sorted = [...files].sort((left, right) => depthOf(left) - depthOf(right) || compareText(left.id, right.id));
  for (const file of sorted) {
    const above = planned.filter((other) => isAbove(other.file, file, ancestors));
    const used = above.reduce((sum, other) => sum + byteLength(other.text), 0);
    const kept = cutBytes(file.source.text, Math.max(0, maxProjectBytes - used));
    if (kept.droppedBytes > 0) {
      const what = kept.text === '' ? 'all of it' : `its last ${kept.droppedBytes} bytes`;
      const message = `Codex drops ${what}: files from the root down may have 32 KiB together.`;
      findings.push(capFinding(file, message, 'Shorten it or the files above it.'));
    }
    planned.push(planFile(file, { text: kept.text, droppedBytes: kept.droppedBytes }));
  }
  return planned;
}

function depthOf(file: InstructionFile): number {
  return file.rootKind === 'ancestor' ? -1 : file.base === '' ? 0 : file.base.split('/').length;
}

function isAbove(other: InstructionFile, file: InstructionFile, ancestors: readonly InstructionFile[]): boolean {
  if (other.rootKind === 'ancestor') {
    return file.rootKind !== 'ancestor' || ancestors.indexOf(other) < ancestors.indexOf(file);
  }
  return other.rootId === file.rootId && (other.base === '' || file.base.startsWith(`${other.base}/`));
}
