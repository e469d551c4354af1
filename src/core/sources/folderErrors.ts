import { SourceError } from '../errors';
import type { SourceErrorCode } from '../errors';

interface Explanation {
  readonly code: SourceErrorCode;
  readonly text: string;
  readonly nextStep: string;
}

const checkPermissions = 'Check who may read and write it, or look at it as another user.';
const explanations: ReadonlyMap<string, Explanation> = new Map([
  [
    'ENOENT',
    { code: 'not-found', text: 'does not exist', nextStep: 'Check the path: it may have been moved or deleted.' },
  ],
  [
    'ENOTDIR',
    { code: 'unsupported', text: 'is not a folder', nextStep: 'Move the file away that stands in its place.' },
  ],
  ['EISDIR', { code: 'unsupported', text: 'is a folder, not a file', nextStep: 'Move the folder away.' }],
  ['ELOOP', { code: 'forbidden', text: 'is a link, and links are not followed', nextStep: 'Replace the link.' }],
  ['EACCES', { code: 'forbidden', text: 'may not be accessed', nextStep: checkPermissions }],
  ['EPERM', { code: 'forbidden', text: 'may not be accessed', nextStep: checkPermissions }],
  ['EROFS', { code: 'forbidden', text: 'is on a read-only file system', nextStep: 'Mount it writable, or copy it.' }],
  ['ENOSPC', { code: 'quota', text: 'does not fit: the disk is full', nextStep: 'Free some space and try again.' }],
  [
    'EDQUOT',
    { code: 'quota', text: 'does not fit: the disk quota is used up', nextStep: 'Free some space and try again.' },
  ],
  ['EFBIG', { code: 'too-large', text: 'is too large for the file system', nextStep: 'Store less in it.' }],
  ['ENAMETOOLONG', { code: 'unsupported', text: 'has too long a name', nextStep: 'Use a shorter key.' }],
  ['EMFILE', { code: 'unavailable', text: 'can not be opened: too many files are open', nextStep: 'Try again.' }],
  ['ENFILE', { code: 'unavailable', text: 'can not be opened: too many files are open', nextStep: 'Try again.' }],
  [
    'EBUSY',
    { code: 'unavailable', text: 'is in use by another program', nextStep: 'Close that program and try again.' },
  ],
]);

/** A file system error of Node as a SourceError that names the path; a SourceError stays as it is. */
export function folderError(error: unknown, path: string): SourceError {
  if (error instanceof SourceError) {
    return error;
  }
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const explanation = explanations.get(errno ?? '');
  if (explanation === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    return new SourceError('unavailable', `'${path}' can't be accessed: ${reason}`, {
      nextStep: 'Check the disk and try again.',
      cause: error,
    });
  }
  return new SourceError(explanation.code, `'${path}' ${explanation.text}.`, {
    nextStep: explanation.nextStep,
    cause: error,
  });
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
