import type { TreeEntry } from '../fileTree';

/** What a source held when it was last seen: listings, and where the bytes of its files are kept. */
export interface MirrorState {
  readonly sourceId: string;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly seenMs: number;
  /** Listings by path; the root is `''`. */
  readonly folders: ReadonlyMap<string, readonly TreeEntry[]>;
  /** SHA-256 of the files whose bytes are known, by path. */
  readonly files: ReadonlyMap<string, string>;
}

const format = 1;
const sha256Pattern = /^[0-9a-f]{64}$/;
const kinds: ReadonlySet<unknown> = new Set<TreeEntry['kind']>(['file', 'folder', 'link', 'other']);

export function printMirrorState(state: MirrorState): string {
  return JSON.stringify({
    format,
    sourceId: state.sourceId,
    label: state.label,
    seenMs: state.seenMs,
    folders: [...state.folders].map(([path, entries]) => [
      path,
      entries.map(({ name, kind, sizeBytes, modifiedMs }) => [name, kind, sizeBytes, modifiedMs]),
    ]),
    files: [...state.files],
  });
}

/** The state of a text; undefined for anything that `printMirrorState` did not write. */
export function parseMirrorState(text: string): MirrorState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const state = value as Partial<Record<string, unknown>> | null;
  const folders = parseFolders(state?.['folders']);
  const files = parseFiles(state?.['files']);
  const { sourceId, label, seenMs } = state ?? {};
  if (
    state?.['format'] !== format ||
    typeof sourceId !== 'string' ||
    typeof label !== 'string' ||
    typeof seenMs !== 'number' ||
    folders === undefined ||
    files === undefined
  ) {
    return undefined;
  }
  return { sourceId, label, seenMs, folders, files };
}

function parseFolders(value: unknown): Map<string, TreeEntry[]> | undefined {
  const folders = new Map<string, TreeEntry[]>();
  for (const pair of Array.isArray(value) ? (value as unknown[]) : [undefined]) {
    const [path, entries] = Array.isArray(pair) ? (pair as unknown[]) : [];
    const parsed = Array.isArray(entries) ? (entries as unknown[]).map(parseEntry) : [undefined];
    if (typeof path !== 'string' || !parsed.every((entry) => entry !== undefined)) {
      return undefined;
    }
    folders.set(path, parsed);
  }
  return folders;
}

function parseEntry(value: unknown): TreeEntry | undefined {
  const [name, kind, sizeBytes, modifiedMs] = Array.isArray(value) ? (value as unknown[]) : [];
  return typeof name === 'string' && kinds.has(kind) && typeof sizeBytes === 'number' && typeof modifiedMs === 'number'
    ? { name, kind: kind as TreeEntry['kind'], sizeBytes, modifiedMs }
    : undefined;
}

function parseFiles(value: unknown): Map<string, string> | undefined {
  const files = new Map<string, string>();
  for (const pair of Array.isArray(value) ? (value as unknown[]) : [undefined]) {
    const [path, sha256] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof path !== 'string' || typeof sha256 !== 'string' || !sha256Pattern.test(sha256)) {
      return undefined;
    }
    files.set(path, sha256);
  }
  return files;
}
