import { SourceError, UserError } from '../errors';
import type { FileMemory } from '../fileMemory';
import type { Finding } from '../findings';
import { mapLimited } from '../instructions/concurrency';
import { decodeText, maxInstructionBytes } from '../instructions/decode';
import type { InstructionFiles } from '../instructions/files';
import { tagOfFileName } from '../instructions/formats/library';
import { parseFrontMatter } from '../instructions/frontMatter';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';
import { fingerprintOf } from './fingerprint';
import { originalKeyOfTag, usableKey } from './keys';

const filesAtOnce = 8;
/** Deeper folders are no library. */
const mostDepth = 8;

/**
 * An instruction that can be seeded. What goes into the sandbox is the file as it is, front matter included, as the
 * original writer does it: the fingerprint in the index is the file's own, and a diff compares the very file that a
 * person edits.
 */
export interface LibraryInstruction {
  readonly tag: string;
  /** Absolute path or URI of the file. */
  readonly location: string;
  /** Its name without folders, as the metadata of the entry records it. */
  readonly filename: string;
  readonly bytes: Uint8Array;
  /** First 16 hex digits of the SHA-256 of the bytes. */
  readonly fingerprint: string;
  readonly description: string;
  readonly ttlHours: number | undefined;
  readonly tags: readonly string[];
}

export interface Library {
  /** By tag, in the order of their paths. */
  readonly instructions: readonly LibraryInstruction[];
  /** Files that can't be seeded, and why. */
  readonly findings: readonly Finding[];
}

export interface LibraryReadOptions extends WorkOptions {
  /** What earlier reads made of files that are still the same. */
  readonly memory?: FileMemory<LibraryReading> | undefined;
}

/**
 * Reads every Markdown file of a folder (and its folders) as a library, save `README.md`. The tag is the front
 * matter's `tag` or `name`, or the file's name. A file that can't be read or used is a finding; only a folder that
 * can't be read rejects.
 */
export async function readLibrary(files: InstructionFiles, options: LibraryReadOptions = {}): Promise<Library> {
  const paths = await markdownFiles(files, '', 0, options);
  const { memory } = options;
  const readings = await mapLimited(paths, filesAtOnce, async (path) => {
    const read = async (): Promise<LibraryReading> => readInstruction(files, path, options);
    return memory === undefined ? read() : memory.get(files.locate(path), await files.identify?.(path), read);
  });
  const instructions: LibraryInstruction[] = [];
  const findings: Finding[] = [];
  const byTag = new Map<string, LibraryInstruction>();
  for (const reading of readings) {
    findings.push(...reading.findings);
    const { instruction } = reading;
    const other = instruction === undefined ? undefined : byTag.get(usableKey(originalKeyOfTag(instruction.tag)));
    if (instruction !== undefined && other !== undefined) {
      const message = `'${instruction.filename}' has the tag '${instruction.tag}', which '${other.filename}' has already.`;
      findings.push(problem(instruction.location, message, 'Give each instruction a tag of its own.'));
    } else if (instruction !== undefined) {
      byTag.set(usableKey(originalKeyOfTag(instruction.tag)), instruction);
      instructions.push(instruction);
    }
  }
  return { instructions, findings };
}

/** Fingerprints by the sanitized tag, as `readSnapshot` takes them to tell stale entries. */
export function libraryFingerprints(library: Library): ReadonlyMap<string, string> {
  const prefix = originalKeyOfTag('').length;
  return new Map(
    library.instructions.map(({ tag, fingerprint }) => [usableKey(originalKeyOfTag(tag)).slice(prefix), fingerprint]),
  );
}

/** Several libraries as one: where two have the same tag, the earlier one counts. */
export function mergeLibraries(libraries: readonly Library[]): Library {
  const byKey = new Map<string, LibraryInstruction>();
  for (const instruction of libraries.flatMap(({ instructions }) => instructions)) {
    const key = usableKey(originalKeyOfTag(instruction.tag));
    if (!byKey.has(key)) {
      byKey.set(key, instruction);
    }
  }
  return { instructions: [...byKey.values()], findings: libraries.flatMap(({ findings }) => findings) };
}

async function markdownFiles(
  files: InstructionFiles,
  folder: string,
  depth: number,
  options: WorkOptions,
): Promise<string[]> {
  const listed = [...(await files.list(folder, options))].sort((a, b) => (a.name < b.name ? -1 : 1));
  const paths: string[] = [];
  for (const { name, kind } of listed) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (kind === 'folder' && depth < mostDepth && !name.startsWith('.') && name !== 'node_modules') {
      paths.push(...(await markdownFiles(files, path, depth + 1, options)));
    } else if ((kind === 'file' || kind === 'link') && /\.md$/i.test(name) && !/^readme\.md$/i.test(name)) {
      paths.push(path);
    }
  }
  return paths;
}

/** What one file of a library holds. */
export interface LibraryReading {
  readonly instruction?: LibraryInstruction;
  readonly findings: readonly Finding[];
}

async function readInstruction(files: InstructionFiles, path: string, options: WorkOptions): Promise<LibraryReading> {
  const location = files.locate(path);
  const filename = path.slice(path.lastIndexOf('/') + 1);
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path, { ...options, maxBytes: maxInstructionBytes });
  } catch (error) {
    if (error instanceof SourceError && error.code !== 'cancelled') {
      return { findings: [problem(location, error.message, error.nextStep)] };
    }
    throw error;
  }
  await takeTurn(options);
  const source = decodeText(bytes, location);
  if (source.status !== 'valid') {
    return { findings: source.problems };
  }
  const frontMatter = parseFrontMatter(source.text, { location });
  if (frontMatter.state === 'broken') {
    const message = `The front matter of '${filename}' can't be read, so it is not seeded.`;
    return { findings: [...frontMatter.findings, problem(location, message, 'Correct the front matter.')] };
  }
  const { data } = frontMatter;
  const tag = textOf(data['tag']) ?? textOf(data['name']) ?? tagOfFileName(filename);
  try {
    usableKey(originalKeyOfTag(tag));
  } catch (error) {
    if (error instanceof UserError) {
      return { findings: [problem(location, error.message, 'Give the instruction another tag.')] };
    }
    throw error;
  }
  const ttl = data['ttlHours'];
  const instruction: LibraryInstruction = {
    tag,
    location,
    filename,
    bytes,
    fingerprint: fingerprintOf(bytes),
    description: textOf(data['description']) ?? '',
    ttlHours: typeof ttl === 'number' && Number.isFinite(ttl) && ttl > 0 ? ttl : undefined,
    tags: Array.isArray(data['tags']) ? data['tags'].flatMap((item) => textOf(item) ?? []) : [],
  };
  return { instruction, findings: source.problems };
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text === '' ? undefined : text;
}

function problem(path: string, message: string, fix: string): Finding {
  return { id: 'library', severity: 'warning', message, fix, path };
}
