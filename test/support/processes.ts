import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { StepError } from './say';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `inherit` lets the user watch; `quiet` keeps the output for the error message. */
  readonly output: 'inherit' | 'quiet';
  readonly timeoutMs?: number;
  /** Needed for `.cmd` files on Windows. */
  readonly shell?: boolean;
}

/**
 * Runs a command to its end and returns what it printed to stdout (empty with `inherit`).
 * @throws StepError with the last lines of output if it can't start, fails or takes too long
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const shown = [command, ...args].join(' ');
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: options.output === 'inherit' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    shell: options.shell ?? (process.platform === 'win32' && command === 'npm'),
  });
  const stdout: string[] = [];
  const all: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => stdout.push(text) && all.push(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => all.push(text));
  const timer =
    options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code !== 0) {
      const tail = all.join('').trimEnd().split('\n').slice(-40).join('\n');
      throw new StepError(`«${shown}» ended with ${signal ?? `code ${code ?? 'unknown'}`}.\n${tail}`);
    }
    return stdout.join('');
  } catch (error) {
    if (error instanceof StepError) {
      throw error;
    }
    throw new StepError(`«${shown}» could not be started: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** A long-running process of ours, in its own process group, so that ending it ends its children and nothing else. */
export class Service {
  private readonly child: ChildProcess;
  private readonly closed: Promise<void>;
  private readonly listeners = new Set<() => void>();
  private log = '';
  private failure: string | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    this.closed = new Promise((resolve) => {
      child.once('error', (error) => {
        this.fail(error.message);
        resolve();
      });
      child.once('close', (code, signal) => {
        this.fail(`The process ended with ${signal ?? `code ${code ?? 'unknown'}`}.`);
        resolve();
      });
    });
    const keep = (text: string): void => {
      this.log = (this.log + text).slice(-100_000);
      this.notify();
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
  }

  static start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Service {
    return new Service(
      spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' }),
    );
  }

  /** The last 100,000 characters that the process printed. */
  get output(): string {
    return this.log;
  }

  /**
   * Resolves with the first match of `pattern` in the output.
   * @throws StepError with the output if the process ends first or says nothing of the kind in time
   */
  async waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (result: RegExpExecArray | string): void => {
        clearTimeout(timer);
        this.listeners.delete(look);
        if (typeof result === 'string') {
          reject(new StepError(`${result}\n${this.log.trimEnd()}`));
        } else {
          resolve(result);
        }
      };
      const look = (): void => {
        const result = pattern.exec(this.log) ?? this.failure;
        if (result !== undefined) {
          finish(result);
        }
      };
      const timer = setTimeout(() => {
        finish(`No sign of ${pattern.source} within ${timeoutMs / 1000} s.`);
      }, timeoutMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Resolves when the process has ended, by itself or by {@link stop}. */
  async ended(): Promise<void> {
    await this.closed;
  }

  /** Asks the process and its children to end, and insists after five seconds. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.signal('SIGKILL');
    }, 5000);
    await this.closed;
    clearTimeout(timer);
  }

  private signal(name: NodeJS.Signals): void {
    const pid = this.child.pid;
    if (pid === undefined || this.failure !== undefined) {
      return;
    }
    try {
      if (process.platform === 'win32') {
        this.child.kill(name);
      } else {
        process.kill(-pid, name);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }

  private fail(reason: string): void {
    this.failure ??= reason;
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) {
      listener();
    }
  }
}
