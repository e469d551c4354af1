import { spawn } from 'node:child_process';
import { SourceError, throwIfCancelled } from '../errors';

export interface ChildOptions {
  readonly stdin: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte in either direction after which the program is given up. */
  readonly idleMs: number;
  /** More output than this is refused. */
  readonly maxBytes: number;
  /** What must occur among the first so many bytes of the output; a program that says other things is given up. */
  readonly startsWithin?: { readonly mark: string; readonly bytes: number };
  /** Once all of the input is sent, the program is no longer stopped by the signal. */
  readonly finishOnceSent?: boolean;
}

export interface ChildResult {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const stderrKept = 16_384;

/**
 * Runs a program given as an argument array, without a shell, and collects what it says. Rejects with a SourceError:
 * `cancelled`, `timeout`, `too-large`, or `unavailable` when it can't be started.
 */
export async function runChild(argv: readonly string[], options: ChildOptions): Promise<ChildResult> {
  throwIfCancelled(options.signal);
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let hasStarted = options.startsWithin === undefined;
    let stderr = '';
    let failure: SourceError | undefined;
    const fail = (error: SourceError): void => {
      failure ??= error;
      child.kill('SIGKILL');
      // Its own children may hold the pipes open; nothing more is wanted from them.
      child.stdout.destroy();
      child.stderr.destroy();
      child.stdin.destroy();
    };
    let timer: NodeJS.Timeout | undefined;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fail(timedOut(program, options.idleMs));
      }, options.idleMs);
    };
    const cancel = (): void => {
      fail(new SourceError('cancelled', 'The operation was cancelled.', { nextStep: 'Run it again to finish it.' }));
    };
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
      act();
    };

    alive();
    options.signal?.addEventListener('abort', cancel, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      alive();
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        fail(tooMuch(options.maxBytes));
        return;
      }
      chunks.push(chunk);
      if (!hasStarted && bytes > (options.startsWithin?.bytes ?? 0)) {
        hasStarted = Buffer.concat(chunks).includes(options.startsWithin?.mark ?? '');
        if (!hasStarted) {
          fail(noAnswer());
        }
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      alive();
      stderr = (stderr + chunk.toString('utf8')).slice(-stderrKept);
    });
    child.stdin.on('drain', alive);
    // A far end that stops reading says why on its other streams.
    child.stdin.on('error', () => undefined);
    child.stdin.on('finish', () => {
      if (options.finishOnceSent === true) {
        options.signal?.removeEventListener('abort', cancel);
      }
    });
    child.on('error', (error) => {
      settle(() => {
        reject(failure ?? notStarted(program, error));
      });
    });
    child.on('close', (code) => {
      settle(() => {
        if (failure === undefined) {
          resolve({ code: code ?? undefined, stdout: Buffer.concat(chunks), stderr });
        } else {
          reject(failure);
        }
      });
    });
    child.stdin.end(options.stdin);
  });
}

function notStarted(program: string, cause: Error): SourceError {
  return new SourceError('unavailable', `'${program}' can't be started: ${cause.message}.`, {
    nextStep: 'Install it, or correct the command of the sandbox.',
    cause,
  });
}

function timedOut(program: string, idleMs: number): SourceError {
  return new SourceError('timeout', `'${program}' has not answered for ${Math.round(idleMs / 1000)} seconds.`, {
    nextStep: 'Check the connection and try again.',
  });
}

function noAnswer(): SourceError {
  return new SourceError('protocol', 'The far end does not answer as a shell does.', {
    nextStep: 'Check that the command of the sandbox runs its arguments in a shell there.',
  });
}

function tooMuch(maxBytes: number): SourceError {
  return new SourceError('too-large', `The far end sends more than ${maxBytes} bytes at once.`, {
    nextStep: 'Read fewer or smaller values at a time.',
  });
}
