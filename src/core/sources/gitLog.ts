import { throwIfCancelled } from '../errors';
import { git } from './gitProcess';

export interface GitCommit {
  /** The full hash. */
  readonly hash: string;
  /** ISO time in UTC. */
  readonly at: string;
  /** The first line of its message. */
  readonly subject: string;
}

/**
 * The commits that changed any of some files, newest first. None outside of a repository, without Git, and for files
 * that Git does not know.
 * @param folder absolute
 * @param paths relative to the folder, with `/`
 */
export async function commitsTouching(
  folder: string,
  paths: readonly string[],
  most: number,
  signal: AbortSignal,
): Promise<readonly GitCommit[]> {
  // What a repository's own configuration names for checking signatures must not be started.
  const before = ['--literal-pathspecs', '-c', 'log.showSignature=false'];
  const options = ['log', '-z', `--max-count=${most}`, '--format=%H%x1f%cI%x1f%s', '--', ...paths];
  let listing: string;
  try {
    listing = (await git(folder, [...before, ...options], signal)).toString('utf8');
  } catch (error) {
    throwIfCancelled(signal);
    if (isNoRepository(error)) {
      return [];
    }
    throw error;
  }
  return listing
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const [hash = '', at = '', subject = ''] = record.split('\x1f');
      return { hash, at: new Date(at).toISOString(), subject };
    });
}

/** Git is not installed, or says that there is no repository, no commit, or that it does not trust the folder's owner. */
function isNoRepository(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 128;
}
