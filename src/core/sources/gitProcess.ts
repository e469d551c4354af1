import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';

const maxListBytes = 512 * 1024 * 1024;
/** Nothing of a repository's own configuration may start a program. */
const safeOptions = ['-c', 'core.fsmonitor=false', '--no-optional-locks'] as const;

/** One `git cat-file --batch` that answers in the order of the questions. */
export class BlobReader {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly waiting: { resolve(bytes: Buffer): void; reject(error: Error): void }[] = [];
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** Bytes of the answer that is arriving, its final newline included; undefined before its first line. */
  private wanted: number | undefined;
  private failure: Error | undefined;

  constructor(folder: string) {
    this.process = spawn('git', [...safeOptions, '-C', folder, 'cat-file', '--batch'], { windowsHide: true });
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.pending.push(chunk);
      this.pendingBytes += chunk.length;
      this.deliver();
    });
    this.process.on('error', (error) => {
      this.fail(error);
    });
    this.process.on('close', () => {
      this.fail(new Error('git ended before it had answered'));
    });
    this.process.stdin.on('error', (error) => {
      this.fail(error);
    });
  }

  async read(hash: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.waiting.push({ resolve, reject });
      this.process.stdin.write(`${hash}\n`);
    });
  }

  dispose(): void {
    this.process.stdin.end();
  }

  private deliver(): void {
    for (;;) {
      if (this.wanted === undefined) {
        const bytes = this.take();
        const newline = bytes.indexOf(0x0a);
        const size =
          newline === -1 ? undefined : /^[0-9a-f]+ blob (\d+)$/.exec(bytes.toString('latin1', 0, newline))?.[1];
        this.give(newline === -1 ? bytes : bytes.subarray(newline + 1));
        if (newline === -1) {
          return;
        }
        if (size === undefined) {
          this.waiting.shift()?.reject(new Error('git has no such file'));
          continue;
        }
        this.wanted = Number(size) + 1;
      }
      if (this.pendingBytes < this.wanted) {
        return;
      }
      const bytes = this.take();
      this.waiting.shift()?.resolve(Buffer.from(bytes.subarray(0, this.wanted - 1)));
      this.give(bytes.subarray(this.wanted));
      this.wanted = undefined;
    }
  }

  private take(): Buffer {
    const bytes = this.pending.length === 1 ? this.pending[0]! : Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    return bytes;
  }

  private give(bytes: Buffer): void {
    if (bytes.length > 0) {
      this.pending.unshift(bytes);
      this.pendingBytes += bytes.length;
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const waiter of this.waiting.splice(0)) {
      waiter.reject(this.failure);
    }
  }
}

/** Runs git in a folder and gives what it prints. Rejects when it ends with a code that is not accepted. */
export async function git(
  folder: string,
  options: readonly string[],
  signal: AbortSignal,
  { input, accepts = [0] }: { readonly input?: string; readonly accepts?: readonly number[] } = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      [...safeOptions, '-C', folder, ...options],
      { encoding: 'buffer', maxBuffer: maxListBytes, signal, windowsHide: true },
      (error, stdout) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number' && accepts.includes(code)) {
          resolve(stdout);
        } else {
          reject(error ?? new Error('git failed'));
        }
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
