import type { InstructionFiles } from '../instructions/files';
import { isSourceError } from '../errors';
import type { WorkOptions } from '../ports';
import { fingerprintOf, fingerprintOfSha256, sha256Hex } from './fingerprint';
import type { CacheEntry, JsonValue } from './model';

/**
 * Where a summary's metadata says that its source is. `entry` is `<scope>/<key>` of the same cache; `files` are paths
 * relative to the workspace, separated by `/`; `fingerprint` is what the source had then: the first 16 hex digits of
 * the SHA-256 of the entry's value or of the one file, or `fingerprintOfFiles` of several.
 */
export interface SummaryOrigin {
  readonly entry: string | undefined;
  readonly files: readonly string[];
  readonly fingerprint: string | undefined;
}

/** A file of the workspace as it is now: its SHA-256 (hex), gone, or not to be known. */
export type SourceFileState = { readonly sha256: string } | 'gone' | 'unknown';

/** Looks at a file of the workspace by its relative path; never rejects except for a cancellation. */
export type SourceFileReader = (path: string, options?: WorkOptions) => Promise<SourceFileState>;

/** Larger files are no source of a summary. */
export const maxSourceBytes = 16 * 1024 * 1024;
/** A summary that names more files than this is not looked after. */
const mostFiles = 1000;

/** Whether an entry is a cached conversation summary or the project summary. */
export function isSummary({ scope, key }: Pick<CacheEntry, 'scope' | 'key'>): boolean {
  return (scope === 'task' && key.startsWith('summary_')) || (scope === 'project' && key === 'summary');
}

export function summaryOrigin(metadata: Readonly<Record<string, JsonValue>>): SummaryOrigin {
  const { source_entry: entry, source_file: file, source_files: files, source_fingerprint: fingerprint } = metadata;
  const listed = Array.isArray(files) ? files : typeof file === 'string' ? [file] : [];
  const paths = listed.filter((path): path is string => typeof path === 'string' && isInside(path));
  return {
    entry: typeof entry === 'string' ? entry : undefined,
    // What an index says comes from outside: a list that is not wholly sound is none.
    files: paths.length === listed.length && paths.length <= mostFiles ? paths : [],
    fingerprint: typeof fingerprint === 'string' ? fingerprint : undefined,
  };
}

/** Whether a path is relative and stays where it starts. */
export function isInside(path: string): boolean {
  return (
    path !== '' &&
    !/^[/\\]|^[A-Za-z]:|[\\\0]/.test(path) &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

/** The fingerprint of several files together: changes when one of them does, in content or in name. */
export function fingerprintOfFiles(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  const lines = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return fingerprintOf(Buffer.from(lines.join('')));
}

/** Reads files of a workspace for their hashes; links that lead out of it are not followed. */
export function sourceFileReader(files: InstructionFiles): SourceFileReader {
  const known = new Map<string, { readonly identity: string; readonly sha256: string }>();
  return async (path, options = {}) => {
    if (!isInside(path)) {
      return 'unknown';
    }
    try {
      const facts = await files.stat(path, options);
      if (facts.kind !== 'file' || facts.sizeBytes > maxSourceBytes) {
        return 'unknown';
      }
      const identity = `${facts.sizeBytes} ${facts.modifiedMs} ${facts.realPath}`;
      const remembered = known.get(path);
      if (remembered?.identity === identity && facts.modifiedMs !== 0) {
        return { sha256: remembered.sha256 };
      }
      const sha256 = sha256Hex(await files.read(path, { ...options, maxBytes: maxSourceBytes }));
      known.set(path, { identity, sha256 });
      return { sha256 };
    } catch (error) {
      if (isSourceError(error, 'cancelled')) {
        throw error;
      }
      return isSourceError(error, 'not-found') ? 'gone' : 'unknown';
    }
  };
}

/** The states of every file that the live summaries among these entries name. */
export async function readSourceFiles(
  entries: readonly CacheEntry[],
  read: SourceFileReader | undefined,
  options: WorkOptions,
): Promise<ReadonlyMap<string, SourceFileState>> {
  const states = new Map<string, SourceFileState>();
  if (read === undefined) {
    return states;
  }
  for (const path of entries.filter(isSummary).flatMap(({ metadata }) => summaryOrigin(metadata).files)) {
    if (!states.has(path)) {
      states.set(path, await read(path, options));
    }
  }
  return states;
}

/** What the files of a summary are like together; undefined when that can't be known. */
export function filesFingerprint(
  origin: SummaryOrigin,
  states: ReadonlyMap<string, SourceFileState>,
): { readonly fingerprint: string } | { readonly gone: string } | undefined {
  const files: { path: string; sha256: string }[] = [];
  for (const path of origin.files) {
    const state = states.get(path);
    if (state === 'gone') {
      return { gone: path };
    }
    if (state === undefined || state === 'unknown') {
      return undefined;
    }
    files.push({ path, sha256: state.sha256 });
  }
  const [only] = files;
  if (only === undefined) {
    return undefined;
  }
  return { fingerprint: files.length === 1 ? fingerprintOfSha256(only.sha256) : fingerprintOfFiles(files) };
}
