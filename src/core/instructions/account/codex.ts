import type { Finding } from '../../findings';
import { takeTurn } from '../../turns';
import type { TurnOptions } from '../../turns';
import type { InstructionIndex } from '../instructionIndex';
import { folderOf } from '../formats/places';
import { compareText, fileId } from '../model';
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
  async plan(index, options) {
    const skills = planSkills(index, {
      harnessTitle: title,
      homes: ['.agents', '.codex'],
      userHomes: ['.agents', '.codex'],
    });
    const findings: Finding[] = [];
    const chosen = chooseOnePerFolder(index, findings);
    const global = chosen.filter((file) => file.rootKind === 'user').map((file) => planFile(file));
    const project = await planChains(
      chosen.filter((file) => file.rootKind !== 'user'),
      findings,
      options,
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

async function planChains(
  files: readonly InstructionFile[],
  findings: Finding[],
  options: TurnOptions,
): Promise<readonly PlannedFile[]> {
  // A folder comes before the folders in it, so that what the files above it take is known.
  const sorted = [...files].sort((left, right) => depthOf(left) - depthOf(right) || compareText(left.base, right.base));
  const usedUpTo = new Map<string, number>();
  let usedByAncestors = 0;
  const planned: PlannedFile[] = [];
  for (const file of sorted) {
    await takeTurn(options);
    const used = file.rootKind === 'ancestor' ? usedByAncestors : (usedAbove(file, usedUpTo) ?? usedByAncestors);
    const kept = cutBytes(file.source.text, Math.max(0, maxProjectBytes - used));
    const total = used + byteLength(kept.text);
    if (file.rootKind === 'ancestor') {
      usedByAncestors = total;
    } else {
      usedUpTo.set(fileId(file.rootId, file.base), total);
    }
    if (kept.droppedBytes > 0) {
      const what = kept.text === '' ? 'all of it' : `its last ${kept.droppedBytes} bytes`;
      const message = `Codex drops ${what}: files from the root down may have 32 KiB together.`;
      findings.push(capFinding(file, message, 'Shorten it or the files above it.'));
    }
    planned.push(planFile(file, { text: kept.text, droppedBytes: kept.droppedBytes }));
  }
  return planned;
}

/** Ancestors stand in the order of the index, outermost first. */
function depthOf(file: InstructionFile): number {
  return file.rootKind === 'ancestor' ? -1 : file.base === '' ? 0 : file.base.split('/').length;
}

/** Bytes of the nearest file above and all that stand above it; undefined when there is none in its root. */
function usedAbove(file: InstructionFile, usedUpTo: ReadonlyMap<string, number>): number | undefined {
  for (let folder = file.base; folder !== '';) {
    folder = folderOf(folder);
    const used = usedUpTo.get(fileId(file.rootId, folder));
    if (used !== undefined) {
      return used;
    }
  }
  return undefined;
}
