import { SourceError } from '../errors';
import type { ScanRequest, TreeEntry } from '../fileTree';
import { foldersOnTheWay, quoteWord, shellPath } from './shellText';
import { readArchives } from './tarArchive';
import { compareNames, splitTreePath, treeSegments } from './treePath';

/** A scan as a shell script: listings from `stat`, contents from `tar`, all in one stream. */
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

/** Bytes that a terminal on the way would change. */
const fragileBytes = Buffer.from([0x00, 0x0d, 0x0a, 0xff]);

/**
 * Writes the script. Only POSIX sh, stat, find, xargs and tar are assumed, as coreutils or busybox have them. It reads
 * and never writes. Each record starts with the random token, so that no name and no greeting of a login can pass for
 * one. Paths must have been checked.
 */
export function scanScript(root: string, request: ScanRequest, token: string, maxBytes: number): ScanScript {
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
    ...folders.flatMap((folder, index) => listing(folder, index)),
    ...grouped.map(([folder], index) => `status g${index} ${walk(folder)} && g${index}=yes || g${index}=`),
    'names() {',
    ':',
    ...grouped.map(
      ([, paths], index) => `if [ -n "$g${index}" ]; then printf '%s\\0' ${paths.map(shellPath).join(' ')}; fi`,
    ),
    '}',
    ...(grouped.length === 0
      ? []
      : [
          `printf '%s files\\n' "$t"; names | show`,
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

/** Reads what the script printed; `protocol` when it is not what was asked for, `unavailable` when it broke off. */
export async function readScan(script: ScanScript, stdout: Buffer, stderr: string): Promise<ScanAnswer> {
  const body = unwrap(script, stdout);
  const answer: ScanAnswer = { folders: new Map(), files: new Map() };
  const tarMark = Buffer.from(`${script.token} tar\n`);
  const tarAt = body.indexOf(tarMark);
  const records = splitRecords(script.token, tarAt < 0 ? body : body.subarray(0, tarAt));
  const [root] = records.filter((record) => record.toString().startsWith('root '));
  if (root !== undefined) {
    const status = root.toString().slice('root '.length).trim();
    return everyItem(script, statusError('', status));
  }
  const statuses = new Map<string, string>();
  const listings = new Map<string, TreeEntry[]>();
  let current: TreeEntry[] = [];
  const requested: TreeEntry[] = [];
  for (const record of records) {
    const text = record.toString('utf8');
    const status = /^status (\S+) (\S+)\n$/.exec(text);
    if (status !== null) {
      statuses.set(status[1]!, status[2]!);
      current = [];
      listings.set(status[1]!, current);
    } else if (text === 'files\n') {
      current = requested;
    } else {
      current.push(parseEntry(record));
    }
  }
  script.folders.forEach((folder, index) => {
    const status = statuses.get(`f${index}`) ?? 'ok';
    const entries = (listings.get(`f${index}`) ?? []).map((entry) => ({ ...entry, name: lastSegment(entry.name) }));
    answer.folders.set(folder, status === 'ok' ? entries.sort(compareNames) : statusError(folder, status));
  });
  const contents = new Map<string, Uint8Array>();
  for (const { name, bytes } of tarAt < 0 ? [] : await readArchives(body.subarray(tarAt + tarMark.length))) {
    contents.set(name.replace(/^\.\//, ''), bytes);
  }
  const seen = new Map(requested.map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  script.groups.forEach(([, paths], index) => {
    const status = statuses.get(`g${index}`) ?? 'ok';
    for (const path of paths) {
      const folderError = status === 'ok' ? undefined : statusError(path, status);
      answer.files.set(path, folderError ?? contents.get(path) ?? absence(script, path, seen.get(path), stderr));
    }
  });
  return answer;
}

function unwrap(script: ScanScript, stdout: Buffer): Buffer {
  const start = Buffer.from(`${script.token} `);
  const end = Buffer.from(`${script.token} end\n`);
  const from = stdout.indexOf(start);
  if (from < 0) {
    throw new SourceError('protocol', 'The far end does not answer as a shell does.', {
      nextStep: 'Check that the command of the sandbox runs its arguments in a shell there.',
    });
  }
  const head = stdout.subarray(from + start.length, from + start.length + fragileBytes.length + 1);
  if (!head.equals(Buffer.concat([fragileBytes, Buffer.from('\n')]))) {
    throw new SourceError('protocol', 'Something on the way to the sandbox changes bytes: probably a terminal.', {
      nextStep: 'Take -t or --tty out of the command of the sandbox.',
    });
  }
  if (!stdout.subarray(-end.length).equals(end)) {
    throw new SourceError('unavailable', 'The connection to the sandbox broke off.', { nextStep: 'Try again.' });
  }
  return stdout.subarray(from + start.length + head.length, stdout.length - end.length);
}

function splitRecords(token: string, body: Buffer): readonly Buffer[] {
  const mark = Buffer.from(`${token} `);
  const records: Buffer[] = [];
  let at = body.indexOf(mark);
  while (at >= 0) {
    const next = body.indexOf(mark, at + mark.length);
    records.push(body.subarray(at + mark.length, next < 0 ? body.length : next));
    at = next;
  }
  return records;
}

/** `<mode in hex> <size> <seconds> <path>\n`, as `stat` prints it. */
function parseEntry(record: Buffer): TreeEntry {
  const match = /^([0-9a-f]+) (\d+) (-?\d+) ([^]*)\n$/.exec(record.toString('utf8'));
  if (match === null) {
    throw new SourceError('protocol', 'The far end lists files in a way that is not understood.', {
      nextStep: 'Check that it has coreutils or busybox.',
    });
  }
  const [, mode = '', size, seconds, name = ''] = match;
  const kind = name.includes('\ufffd') ? 'other' : kindOf(Number.parseInt(mode, 16));
  return { name, kind, sizeBytes: kind === 'file' ? Number(size) : 0, modifiedMs: Number(seconds) * 1000 };
}

function kindOf(mode: number): TreeEntry['kind'] {
  switch (mode & 0o170000) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'folder';
    case 0o120000:
      return 'link';
    default:
      return 'other';
  }
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function everyItem(script: ScanScript, error: SourceError): ScanAnswer {
  return {
    folders: new Map(script.folders.map((folder) => [folder, error])),
    files: new Map(script.groups.flatMap(([, paths]) => paths.map((path) => [path, error]))),
  };
}

/** Why a requested file has no content. */
function absence(script: ScanScript, path: string, entry: TreeEntry | undefined, stderr: string): SourceError {
  if (entry === undefined) {
    return statusError(path, 'absent');
  }
  if (entry.kind === 'link') {
    return statusError(path, 'link');
  }
  if (entry.kind !== 'file') {
    return new SourceError('unsupported', `'${path}' is not a regular file.`, {
      nextStep: 'Move it away; only regular files are read and written.',
    });
  }
  if (entry.sizeBytes > script.maxBytes) {
    return new SourceError(
      'too-large',
      `'${path}' has ${entry.sizeBytes} bytes; at most ${script.maxBytes} are read.`,
      {
        nextStep: 'Open it with another program.',
      },
    );
  }
  const denied = stderr.split('\n').some((line) => line.includes(path) && /permission denied/i.test(line));
  return statusError(path, denied ? 'denied' : 'absent');
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
      return new SourceError('not-found', `${place} does not exist.`, { nextStep: 'Refresh the view.' });
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
