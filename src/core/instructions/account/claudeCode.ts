import type { Finding } from '../../findings';
import { takeTurn } from '../../turns';
import type { TurnOptions } from '../../turns';
import { claudeImports } from '../importRules';
import { expandImports } from '../imports';
import type { InstructionIndex } from '../instructionIndex';
import { fileId } from '../model';
import type { FormatId, InstructionFile, RootKind } from '../model';
import { isOverride } from './agentsFiles';
import type { Harness, PlannedFile } from './harness';
import { planAgent, planSkills } from './skills';
import { bodyOf, byteLength, capFinding, cutBytes, planFile } from './support';

const title = 'Claude Code';
const maxFileBytes = 4 * 1024 * 1024;
const memoryLines = 200;
const memoryBytes = 25 * 1024;
const descriptionCharacters = 1536;
/** The catalogue of skills may fill this share of the window, reckoned at four characters a token. */
const catalogShare = 0.01;
const charactersPerToken = 4;

const rootOrder: readonly RootKind[] = ['managed', 'user', 'ancestor', 'workspace', 'library'];

export const claudeCode: Harness = {
  id: 'claude-code',
  title,
  async plan(index, options) {
    const findings: Finding[] = [];
    const skills = planSkills(index, {
      harnessTitle: title,
      homes: ['.claude'],
      userHomes: ['.claude'],
      descriptionCharacters,
      limits: {
        fullCharacters: options.windowTokens * catalogShare * charactersPerToken,
        nameCharacters: Number.MAX_SAFE_INTEGER,
      },
    });
    const files = [
      ...(await planMemoryFiles(index, findings, options)),
      ...index.files.filter((file) => file.format === 'claude-memory').map((file) => planMemory(file, findings)),
      ...index.files.filter((file) => file.format === 'agent' && file.home === '.claude').map(planAgent),
      ...skills.files,
    ];
    return { files, preambles: [], findings: [...findings, ...skills.findings] };
  },
};

/** CLAUDE.md, AGENTS.md where no CLAUDE.md is, and rules, in the order in which they are loaded; each text once. */
async function planMemoryFiles(
  index: InstructionIndex,
  findings: Finding[],
  options: TurnOptions,
): Promise<PlannedFile[]> {
  const foldersWithClaudeMd = new Set(
    index.files
      .filter((file) => file.format === 'claude-md' && !isLocal(file))
      .map((file) => fileId(file.rootId, file.base)),
  );
  const files = index.files.filter((file) => isMemoryFile(file, foldersWithClaudeMd)).sort(byLoadOrder);
  const loaded = new Set<string>();
  const expand = (file: InstructionFile, inContext: Set<string>): PlannedFile => {
    if (file.source.sizeBytes > maxFileBytes) {
      const message = `${title} skips files of more than 4 MiB.`;
      findings.push(capFinding(file, message, 'Split the file.'));
      return planFile(file, { text: '', droppedBytes: file.source.sizeBytes });
    }
    if (inContext.has(file.id)) {
      return planFile(file, { text: '', why: 'Loaded already, where another file imports it.' });
    }
    inContext.add(file.id);
    return planFile(file, { text: expandImports(bodyOf(file), file, claudeImports, index, inContext).text });
  };
  const planned: PlannedFile[] = [];
  for (const file of files.filter(({ mode }) => mode === 'always')) {
    await takeTurn(options);
    planned.push(expand(file, loaded));
  }
  // What is loaded for some files only stands beside what is loaded always, not beside the rest.
  for (const file of files.filter(({ mode }) => mode !== 'always')) {
    await takeTurn(options);
    planned.push(expand(file, new Set(loaded)));
  }
  return planned;
}

function isMemoryFile(file: InstructionFile, foldersWithClaudeMd: ReadonlySet<string>): boolean {
  if (file.format === 'agents-md') {
    const isRead = file.rootKind !== 'user' && !isOverride(file.path);
    return isRead && !foldersWithClaudeMd.has(fileId(file.rootId, file.base));
  }
  return file.format === 'claude-md' || file.format === 'claude-rules';
}

function byLoadOrder(left: InstructionFile, right: InstructionFile): number {
  const roots = rootOrder.indexOf(left.rootKind) - rootOrder.indexOf(right.rootKind);
  return roots !== 0 ? roots : placeInFolder(left) - placeInFolder(right);
}

function isLocal(file: InstructionFile): boolean {
  return /\.local\.md$/i.test(file.path);
}

function placeInFolder(file: InstructionFile): number {
  const order: Partial<Record<FormatId, number>> = { 'agents-md': 0, 'claude-md': 0, 'claude-rules': 1 };
  return isLocal(file) ? 2 : (order[file.format] ?? 0);
}

/** The first lines of MEMORY.md are always there; its topics are read when they are needed. */
function planMemory(file: InstructionFile, findings: Finding[]): PlannedFile {
  if (file.mode !== 'always') {
    return planFile(file, { why: 'A topic of the memory, read when it is needed.' });
  }
  const { text } = file.source;
  const lines = text.split('\n');
  const head = lines.length > memoryLines ? `${lines.slice(0, memoryLines).join('\n')}\n` : text;
  const kept = cutBytes(head, memoryBytes).text;
  const droppedBytes = byteLength(text) - byteLength(kept);
  if (droppedBytes > 0) {
    const message = `${title} loads its first ${memoryLines} lines or 25 KiB; ${droppedBytes} bytes are dropped.`;
    findings.push(capFinding(file, message, 'Move details into topic files beside it.'));
  }
  return planFile(file, { text: kept, droppedBytes });
}
