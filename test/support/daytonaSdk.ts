/** Daytona's own SDK in a process of its own, as a second client of what ours talks to. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { daytonaKey } from './daytonaServer';
import { clientEnvironment, clientsFolder, installTestClients, refusedTargets } from './host/testClients';
import { removeFolder } from './places';

/** An error that the SDK threw. */
export class DaytonaSdkError extends Error {
  /** Name of the SDK's class. */
  readonly kind: string;
  readonly statusCode: number | undefined;

  constructor(kind: string, message: string, statusCode: number | undefined) {
    super(message);
    this.kind = kind;
    this.statusCode = statusCode;
  }
}

interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly statusCode?: number };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export class DaytonaSdk {
  readonly #child: Child;
  readonly #folder: string;
  readonly #answers: AsyncIterator<string>;
  #errors = '';
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: Child, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** Starts the SDK with the key of the tests; installs it where it is missing. */
  static async start(apiUrl: string): Promise<DaytonaSdk> {
    const installed = await installTestClients();
    const folder = mkdtempSync(path.join(tmpdir(), 'context-cache-sdk-'));
    const child = spawn(process.execPath, [path.join(clientsFolder, 'daytona.mjs'), installed], {
      cwd: folder,
      env: { ...clientEnvironment(folder), DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: daytonaKey },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return new DaytonaSdk(child, folder);
  }

  /**
   * Has the SDK do one of the calls that `test/clients/daytona.mjs` names.
   * @throws DaytonaSdkError with what the SDK threw
   */
  async call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const answered = this.#last.then(async () => this.#ask(name, args));
    this.#last = answered.catch(() => undefined);
    return (await answered) as T;
  }

  /** Addresses outside this machine that it tried to reach. */
  get refused(): readonly string[] {
    return refusedTargets(this.#folder);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await ended;
    }
    await removeFolder(this.#folder);
  }

  async #ask(call: string, args: readonly unknown[]): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ call, args })}\n`);
    const line = await this.#answers.next();
    if (line.done === true) {
      throw new Error(`The SDK has ended:\n${this.#errors}`);
    }
    const { value, error } = JSON.parse(line.value) as Answer;
    if (error !== undefined) {
      throw new DaytonaSdkError(error.name, error.message, error.statusCode);
    }
    return value;
  }
}
