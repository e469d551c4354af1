import type { Finding } from '../findings';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';
import type { EncodingName } from '../tokens/counter';
import { mapLimited } from './concurrency';
import { describeFile } from './describeFile';
import type { DescribedFile } from './describeFile';
import { discoverChange, discoverInstructions } from './discover';
import type { DiscoveredFile, Discovery } from './discover';
import type { InstructionRoot } from './instructionRoot';
import { formatById } from './formats/table';
import { gatherTexts } from './gatherTexts';
import { geminiSettingsPath, parseGeminiFileNames } from './geminiSettings';
import { findImportProblems } from './importProblems';
import { expandImports } from './imports';
import { compareText, fileId } from './model';
import type { FilePlace, IndexedRoot, InstructionFile, SourceText } from './model';
import { readText } from './readText';
import type { ReadFile } from './readText';
import type { TokenCounts } from './tokenCounts';

/** All instruction files of some roots at one moment, with the texts that they mention. Immutable. */
export interface InstructionIndex {
  /** By root in the order given, then by path, bytewise. */
  readonly files: readonly InstructionFile[];
  readonly roots: readonly IndexedRoot[];
  /** Instructions and the texts that they mention, by `fileId`. */
  readonly texts: ReadonlyMap<string, SourceText>;
  /** About folders and vanished files; those of files are with the files. */
  readonly findings: readonly Finding[];
  /** In which `rawTokens` are counted. */
  readonly encoding: EncodingName;
  /** For the next index: what was read, with the facts that tell whether it changed. */
  readonly read: ReadonlyMap<string, ReadFile>;
  readonly discoveries: ReadonlyMap<string, Discovery>;
}

export interface IndexOptions extends WorkOptions {
  readonly roots: readonly InstructionRoot[];
  readonly counts: TokenCounts;
  /** What it found is used again where size and time of change are the same. */
  readonly previous?: InstructionIndex | undefined;
  /**
   * With `previous`: nothing else came, changed or went, so nothing else is looked at. Leave it out when a whole folder
   * came or went, or a `.gitignore` changed.
   */
  readonly changed?: readonly { readonly rootId: string; readonly path: string }[] | undefined;
}

const parallelReads = 16;
const progressSteps = 20;

/**
 * Indexes the instruction files of some roots. Rejects when a workspace or library can't be read at all, when counting
 * fails, and on cancellation; whatever is wrong with a single file or folder is a finding.
 */
export async function indexInstructions(options: IndexOptions): Promise<InstructionIndex> {
  const { roots, counts, previous, signal, turns } = options;
  const work: WorkOptions = { signal, turns };
  const changes = previous === undefined ? undefined : options.changed;
  const discoveries = await discoverAll(roots, previous, changes, work);
  const changed = new Set(changes?.map(({ rootId, path }) => fileId(rootId, path)));
  const isCurrent = (id: string): boolean => changes !== undefined && !changed.has(id);
  const known = new Map(previous?.read);
  changed.forEach((id) => known.delete(id));
  const readAgain = async (root: InstructionRoot, path: string): Promise<ReadFile> => {
    const id = fileId(root.id, path);
    const before = known.get(id);
    return before !== undefined && isCurrent(id) ? before : readText(root.files, path, work, before);
  };
  const settings = new Map<string, ReadFile>();
  for (const root of roots.filter(({ kind }) => kind === 'workspace' || kind === 'user')) {
    settings.set(root.id, await readAgain(root, geminiSettingsPath));
  }
  const indexedRoots = roots.map((root): IndexedRoot => {
    const { folderCount } = discoveries.get(root.id)!;
    const geminiFileNames = parseGeminiFileNames(settings.get(root.id)?.source.text ?? '');
    const { id, kind, label } = root;
    return { id, kind, label, location: root.files.locate(''), folderCount, geminiFileNames };
  });

  await takeTurn(work);
  const found = roots.flatMap((root) => discoveries.get(root.id)!.files.map((file) => ({ root, file })));
  const described = await readAll(found, readAgain, previous, options);
  await takeTurn(work);
  const vanished = described.filter(({ source }) => source.status === 'missing');
  const present = described.filter(({ source }) => source.status !== 'missing');

  const read = await gatherTexts({ files: present, roots, indexedRoots, known, isCurrent }, work);
  for (const [rootId, file] of settings) {
    read.set(fileId(rootId, geminiSettingsPath), file);
  }
  await takeTurn(work);
  const texts = new Map([...read].map(([id, { source }]) => [id, source]));
  const rawTokens = await countRaw(present, previous, counts, work);
  const locate = ({ rootId, path }: FilePlace): string => roots.find(({ id }) => id === rootId)!.files.locate(path);
  const files: InstructionFile[] = [];
  for (const [index, file] of present.entries()) {
    await takeTurn(work);
    files.push(complete(file, rawTokens[index]!, { texts, roots: indexedRoots }, locate));
  }
  const findings = [
    ...[...discoveries.values()].flatMap((discovery) => discovery.findings),
    ...vanished.flatMap((file) => file.source.problems),
  ];
  return { files, roots: indexedRoots, texts, findings, encoding: counts.encoding, read, discoveries };
}

async function discoverAll(
  roots: readonly InstructionRoot[],
  previous: InstructionIndex | undefined,
  changes: IndexOptions['changed'],
  work: WorkOptions,
): Promise<Map<string, Discovery>> {
  const discoveries = new Map<string, Discovery>();
  for (const root of roots) {
    const before = previous?.discoveries.get(root.id);
    if (before === undefined || changes === undefined) {
      discoveries.set(root.id, await discoverInstructions(root, work));
      continue;
    }
    const files = new Map(before.files.map((file) => [file.path, file]));
    for (const { path } of changes.filter(({ rootId }) => rootId === root.id)) {
      const found = files.get(path) ?? (await discoverChange(root, path, work));
      if (found !== undefined) {
        files.set(path, found);
      }
    }
    const sorted = [...files.values()].sort((left, right) => compareText(left.path, right.path));
    discoveries.set(root.id, { ...before, files: sorted });
  }
  return discoveries;
}

async function readAll(
  found: readonly { readonly root: InstructionRoot; readonly file: DiscoveredFile }[],
  readAgain: (root: InstructionRoot, path: string) => Promise<ReadFile>,
  previous: InstructionIndex | undefined,
  options: IndexOptions,
): Promise<DescribedFile[]> {
  const before = new Map(previous?.files.map((file) => [file.id, file]));
  await takeTurn(options);
  const step = Math.max(1, Math.ceil(found.length / progressSteps));
  let done = 0;
  return mapLimited(found, parallelReads, async ({ root, file }) => {
    const read = await readAgain(root, file.path);
    await takeTurn(options);
    done++;
    if (done % step === 0 || done === found.length) {
      options.progress?.report({ done, total: found.length });
    }
    const same = before.get(fileId(root.id, file.path));
    return same?.source === read.source ? withoutImports(same) : describeFile(root, file, read);
  });
}

/** What was described before, without what depends on other files. */
function withoutImports(file: InstructionFile): DescribedFile {
  return { ...file, problems: file.problems.filter(({ id }) => !isImportProblem(id)) };
}

function isImportProblem(id: string): boolean {
  return id.endsWith('-import');
}

async function countRaw(
  files: readonly DescribedFile[],
  previous: InstructionIndex | undefined,
  counts: TokenCounts,
  work: WorkOptions,
): Promise<number[]> {
  const before =
    previous?.encoding === counts.encoding
      ? new Map(previous.files.map((file) => [file.source, file.rawTokens]))
      : new Map<SourceText, number>();
  const unknown: DescribedFile[] = [];
  for (const file of files) {
    await takeTurn(work);
    if (!before.has(file.source)) {
      unknown.push(file);
    }
  }
  const counted = await counts.countAll(
    unknown.map((file) => file.source.text),
    work,
  );
  unknown.forEach((file, index) => before.set(file.source, counted[index]!));
  return files.map((file) => before.get(file.source)!);
}

function complete(
  file: DescribedFile,
  rawTokens: number,
  index: Pick<InstructionIndex, 'texts' | 'roots'>,
  locate: (place: FilePlace) => string,
): InstructionFile {
  const rules = formatById(file.format).imports;
  if (rules === undefined) {
    return { ...file, rawTokens, imports: [] };
  }
  const { imports } = expandImports(file.source.text, file, rules, index);
  const problems = [...file.problems, ...findImportProblems(imports, rules, index.texts, locate)];
  return { ...file, rawTokens, imports, problems };
}
