import { SourceError } from '../errors';
import type { ScanRequest, TreeEntry } from '../fileTree';
import { foldersOnTheWay, quoteWord, shellPath } from './shellText';
import { splitTreePath, treeSegments } from './treePath';

/** A scan as a shell script: listings and facts from `stat`, contents from `tar`, all in one stream. */
export interface ScanScript {
  readonly text: string;
  readonly token: string;
  readonly folders: readonly string[];
  /** Folders of the requested files, and the files of each. */
  readonly groups: readonly (readonly [string, readonly string[]])[];
  readonly maxBytes: number;
}

/** What a scan found; a path that could not be read has its error. */
export interface ScanAnswer {
  readonly folders: Map<string, readonly TreeEntry[] | SourceError>;
  readonly files: Map<string, Uint8Array | SourceError>;
}

/** The id of the root itself, which is shown to see whether anything is. */
export const selfId = 'self';

/** Bytes that a terminal on the way would change. */
export const fragileBytes = Buffer.from([0x00, 0x0d, 0x0a, 0xff]);

/**
 * Writes the script. Only POSIX sh, stat, find, xargs and tar are assumed, as coreutils or busybox have them. It reads
 * and never writes. Each record starts with the random token, so that no name and no greeting of a login can pass for
 * one. Paths must have been checked. Without `contents` it tells what the files are and leaves the bytes out.
 */
export function scanScript(
  root: string,
  request: ScanRequest,
  options: { readonly token: string; readonly maxBytes: number; readonly contents: boolean },
): ScanScript {
  const { token, maxBytes, contents } = options;
  const folders = request.folders ?? [];
  const groups = new Map<string, string[]>();
  for (const path of request.files ?? []) {
    const { folder } = splitTreePath(path);
    const group = groups.get(folder) ?? [];
    group.push(path);
    groups.set(folder, group);
  }
  const grouped = [...groups];
  const text = [
    'LC_ALL=C; export LC_ALL; set -f',
    `t=${token}`,
    `printf '%s \\000\\015\\012\\377\\n' "$t"`,
    `if ! cd -P -- ${quoteWord(root)} 2>/dev/null; then`,
    `  if [ ! -e ${quoteWord(root)} ]; then printf '%s root absent\\n' "$t"; elif [ ! -d ${quoteWord(root)} ]; then printf '%s root nofolder\\n' "$t"; else printf '%s root denied\\n' "$t"; fi`,
    `  printf '%s end\\n' "$t"; exit 0`,
    'fi',
    statusFunction,
    `show() { xargs -0 stat -c "$t %f %s %Y %n" 2>/dev/null; }`,
    // A far end that can't tell what a folder is would show every folder as empty.
    `printf '%s status ${selfId} ok\\n' "$t"; printf '.\\0' | show`,
    ...folders.flatMap((folder, index) => listing(folder, index)),
    ...grouped.map(([folder], index) => `status g${index} ${walk(folder)} && g${index}=yes || g${index}=`),
    'names() {',
    ':',
    ...grouped.map(
      ([, paths], index) => `if [ -n "$g${index}" ]; then printf '%s\\0' ${paths.map(shellPath).join(' ')}; fi`,
    ),
    '}',
    ...(grouped.length === 0 ? [] : [`printf '%s files\\n' "$t"; names | show`]),
    ...(grouped.length === 0 || !contents
      ? []
      : [
          `printf '%s tar\\n' "$t"`,
          // -size rounds up to whole units; of bytes, it is exact.
          `names | xargs -0 sh -c 'find "$@" -prune -type f -size -${maxBytes + 1}c -print0' sh 2>/dev/null | xargs -0 sh -c 'test $# -eq 0 || exec tar -cf - -- "$@"' sh`,
        ]),
    `printf '%s end\\n' "$t"`,
    '',
  ].join('\n');
  return { text, token, folders, groups: grouped, maxBytes };
}

/** Says what a folder is: every folder on the way must be one, and no link. */
const statusFunction = `status() {
  i=$1; shift; s=ok
  for p; do
    if [ -h "$p" ]; then s=link; break; fi
    if [ ! -e "$p" ]; then s=absent; break; fi
    if [ ! -d "$p" ]; then s=nofolder; break; fi
    if [ ! -x "$p" ]; then s=denied; break; fi
  done
  printf '%s status %s %s\\n' "$t" "$i" "$s"
  [ "$s" = ok ]
}`;

function walk(folder: string): string {
  return foldersOnTheWay(folder).map(shellPath).join(' ');
}

function listing(folder: string, index: number): readonly string[] {
  const place = shellPath(folder);
  return [
    `if status f${index} ${walk(folder)}; then`,
    `  if [ -r ${place} ]; then set +f; printf '%s\\0' ${place}/* ${place}/.[!.]* ${place}/..?* | show; set -f; else printf '%s status f${index} denied\\n' "$t"; fi`,
    'fi',
  ];
}

export function statusError(path: string, status: string): SourceError {
  const place = path === '' ? 'The root folder' : `'${path}'`;
  switch (status) {
    case 'link':
      return new SourceError('forbidden', `${place} is or lies behind a link, and links are not followed.`, {
        nextStep: 'Replace the link with what it points to.',
      });
    case 'nofolder':
      return new SourceError('unsupported', `${place} is not a folder.`, {
        nextStep: 'Move the file away that stands in its place.',
      });
    case 'nofile':
      return new SourceError('unsupported', `${place} is not a regular file.`, {
        nextStep: 'Move it away; only regular files are read and written.',
      });
    case 'denied':
      return new SourceError('forbidden', `${place} may not be accessed.`, {
        nextStep: 'Check who may read and write it, or look at it as another user.',
      });
    default:
      return new SourceError('not-found', `${place} does not exist.`, {
        nextStep: 'Check the path: it may have been moved or deleted.',
      });
  }
}

/** The paths of a request that could leave the root have their error; the others are to be asked for. */
export function checkRequest(request: ScanRequest): { readonly safe: ScanRequest; readonly refused: ScanAnswer } {
  const refused: ScanAnswer = { folders: new Map(), files: new Map() };
  const folders = [...new Set(request.folders)].filter((path) => allowed(path, treeSegments, refused.folders));
  const files = [...new Set(request.files)].filter((path) => allowed(path, splitTreePath, refused.files));
  return { safe: { folders, files }, refused };
}

function allowed(path: string, check: (path: string) => unknown, refused: Map<string, unknown>): boolean {
  try {
    check(path);
    return true;
  } catch (error) {
    refused.set(path, error);
    return false;
  }
}
