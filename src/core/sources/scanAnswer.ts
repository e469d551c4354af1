import { SourceError } from '../errors';
import type { TreeEntry } from '../fileTree';
import type { ScanAnswer, ScanScript } from './scanScript';
import { fragileBytes, selfId, statusError } from './scanScript';
import { compareNames } from './treePath';

/** What a scan script printed, taken apart. */
export interface ScanRecords {
  /** What is wrong with the root, if anything. */
  readonly root: string | undefined;
  /** `ok`, `absent`, `link`, … by the ids of the script: `f0` for its first folder, `g0` for its first group of files. */
  readonly statuses: ReadonlyMap<string, string>;
  readonly listings: ReadonlyMap<string, readonly TreeEntry[]>;
  /** The requested files that exist, by path. */
  readonly requested: ReadonlyMap<string, TreeEntry>;
  /** The archives at the end; empty when none were asked for. */
  readonly archives: Buffer;
}

/** `protocol` when the output is not what was asked for, `unavailable` when it broke off. */
export function readRecords(script: ScanScript, stdout: Buffer): ScanRecords {
  const body = unwrap(script, stdout);
  const tarMark = Buffer.from(`${script.token} tar\n`);
  const tarAt = body.indexOf(tarMark);
  const records = splitRecords(script.token, tarAt < 0 ? body : body.subarray(0, tarAt));
  const archives = tarAt < 0 ? Buffer.alloc(0) : body.subarray(tarAt + tarMark.length);
  const statuses = new Map<string, string>();
  const listings = new Map<string, TreeEntry[]>();
  const requested: TreeEntry[] = [];
  let root: string | undefined;
  let current: TreeEntry[] = [];
  for (const record of records) {
    const text = record.toString('utf8');
    const status = /^(?:status (\S+)|root) (\S+)\n$/.exec(text);
    if (status !== null) {
      const [, id, word = ''] = status;
      current = [];
      if (!words.has(word)) {
        throw notUnderstood();
      } else if (id === undefined) {
        root = word;
      } else {
        statuses.set(id, word);
        listings.set(id, current);
      }
    } else if (text === 'files\n') {
      current = requested;
    } else {
      current.push(parseEntry(record));
    }
  }
  const ids = [
    selfId,
    ...script.folders.map((_, index) => `f${index}`),
    ...script.groups.map((_, index) => `g${index}`),
  ];
  const [self] = listings.get(selfId) ?? [];
  if (root === undefined && (self?.kind !== 'folder' || !ids.every((id) => statuses.has(id)))) {
    throw notUnderstood();
  }
  return {
    root,
    statuses,
    listings,
    requested: new Map(requested.map((entry) => [entry.name.replace(/^\.\//, ''), entry])),
    archives,
  };
}

/**
 * The answer of a scan: the contents that came, and for each path without one the reason. `failures` are the reasons
 * that the transport gave by itself.
 */
export function toAnswer(
  script: ScanScript,
  records: ScanRecords,
  contents: ReadonlyMap<string, Uint8Array>,
  failures: ReadonlyMap<string, SourceError> = new Map(),
): ScanAnswer {
  const answer: ScanAnswer = { folders: new Map(), files: new Map() };
  const statusOf = (id: string): string => records.root ?? records.statuses.get(id) ?? 'ok';
  script.folders.forEach((folder, index) => {
    const status = statusOf(`f${index}`);
    const listed = records.listings.get(`f${index}`) ?? [];
    const entries = listed.map((entry) => ({ ...entry, name: entry.name.slice(entry.name.lastIndexOf('/') + 1) }));
    answer.folders.set(folder, status === 'ok' ? entries.sort(compareNames) : statusError(folder, status));
  });
  script.groups.forEach(([, paths], index) => {
    const status = statusOf(`g${index}`);
    for (const path of paths) {
      const reason =
        status === 'ok' ? fileProblem(script, path, records.requested.get(path)) : statusError(path, status);
      answer.files.set(path, reason ?? contents.get(path) ?? failures.get(path) ?? notSent(path));
    }
  });
  return answer;
}

const words: ReadonlySet<string> = new Set(['ok', 'absent', 'link', 'nofolder', 'denied']);

/** It was listed: whether it has vanished since or was held back, nobody can tell, so it must not count as gone. */
function notSent(path: string): SourceError {
  return new SourceError('unavailable', `'${path}' was listed, and its content did not come.`, {
    nextStep: 'Try again; if it stays so, check that the sandbox has find, xargs and tar.',
  });
}

function notUnderstood(): SourceError {
  return new SourceError('protocol', 'The far end lists files in a way that is not understood.', {
    nextStep: 'Check that it has coreutils or busybox.',
  });
}

/** Why a file is not to be read; undefined for a regular file that is small enough. */
export function fileProblem(script: ScanScript, path: string, entry: TreeEntry | undefined): SourceError | undefined {
  if (entry === undefined) {
    return statusError(path, 'absent');
  }
  if (entry.kind !== 'file') {
    return statusError(path, entry.kind === 'link' ? 'link' : 'nofile');
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
  return undefined;
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
  // What a shell says when it ends may follow.
  const to = stdout.lastIndexOf(end);
  if (to < from + start.length + head.length) {
    throw new SourceError('unavailable', 'The connection to the sandbox broke off.', { nextStep: 'Try again.' });
  }
  return stdout.subarray(from + start.length + head.length, to);
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
    throw notUnderstood();
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
