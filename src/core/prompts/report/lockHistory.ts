import { basename, dirname } from 'node:path';
import { throwIfCancelled } from '../../errors';
import { commitsTouching } from '../../sources/gitLog';
import { BlobReader } from '../../sources/gitProcess';
import { parseLock } from '../lock';
import type { LockRevision } from './history';

/** Older revisions are left out: the chart would not show them apart. */
const mostRevisions = 60;

/**
 * The revisions of a lock file: the commits that changed it, oldest first, and the file itself where it differs from
 * the last one. None outside of a repository, and for files that Git does not know. Runs Git, so ask for trust first.
 * @param path of the lock file, absolute
 * @param text of the lock file now; undefined when there is none
 */
export async function lockRevisions(
  path: string,
  text: string | undefined,
  signal: AbortSignal,
): Promise<readonly LockRevision[]> {
  const commits = await commitsTouching(dirname(path), [basename(path)], mostRevisions, signal);
  const revisions: LockRevision[] = [];
  let latest: string | undefined;
  if (commits.length > 0) {
    const reader = new BlobReader(dirname(path));
    try {
      for (const { hash, at, subject } of commits) {
        throwIfCancelled(signal);
        const content = await readBlob(reader, `${hash}:./${basename(path)}`);
        latest ??= content;
        const lock = content === undefined ? undefined : parseLock(content);
        if (lock !== undefined) {
          revisions.push({ origin: 'commit', label: `${hash.slice(0, 8)} ${subject}`, at, lock });
        }
      }
    } finally {
      reader.dispose();
    }
  }
  const lock = text === undefined || text === latest ? undefined : parseLock(text);
  revisions.reverse();
  return lock === undefined ? revisions : [...revisions, { origin: 'lock', label: basename(path), at: null, lock }];
}

async function readBlob(reader: BlobReader, name: string): Promise<string | undefined> {
  try {
    return (await reader.read(name)).toString('utf8');
  } catch {
    // The commit that deleted it.
    return undefined;
  }
}
