import { FileSystemError } from 'vscode';
import type { Uri } from 'vscode';
import { SourceError, describeError, throwIfCancelled } from '../core/errors';
import type { SourceErrorCode } from '../core/errors';

/** Runs one operation of the editor's file systems, or of Node's, and turns its error into a `SourceError`. */
export async function asSource<Result>(
  uri: Uri,
  signal: AbortSignal | undefined,
  operation: () => Thenable<Result>,
): Promise<Result> {
  throwIfCancelled(signal);
  try {
    return await operation();
  } catch (error) {
    if (error instanceof SourceError) {
      throw error;
    }
    const place = uri.toString(true);
    switch (errorCode(error)) {
      case 'not-found':
        throw new SourceError('not-found', `${place} was not found.`, { nextStep: '', cause: error });
      case 'forbidden':
        throw new SourceError('forbidden', `${place} may not be read.`, {
          nextStep: 'Check its permissions.',
          cause: error,
        });
      default:
        throw new SourceError('unavailable', `${place} can't be read: ${describeError(error)}`, {
          nextStep: 'Check the connection and refresh the view.',
          cause: error,
        });
    }
  }
}

const codes: Readonly<Record<string, SourceErrorCode>> = {
  FileNotFound: 'not-found',
  FileNotADirectory: 'not-found',
  NoPermissions: 'forbidden',
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  ELOOP: 'forbidden',
};

function errorCode(error: unknown): SourceErrorCode | undefined {
  const code = error instanceof FileSystemError ? error.code : (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? codes[code] : undefined;
}
