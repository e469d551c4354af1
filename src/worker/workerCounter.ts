import { Worker } from 'node:worker_threads';
import { SourceError, UserError, throwIfCancelled } from '../core/errors';
import { silentLogger } from '../core/ports';
import type { Logger } from '../core/ports';
import type { CountOptions, EncodingName, TokenCounter } from '../core/tokens/counter';
import { viewRankTable } from '../core/tokens/rankTable';
import { TokenEncoder } from '../core/tokens/tokenEncoder';
import { batchesOf } from './batches';
import type { SharedTables, WorkerAnswer, WorkerRequest, WorkerSettings } from './protocol';

export interface WorkerCounterOptions {
  /** Absolute path of `tokenWorker.js`, which the build puts beside the bundle of the extension. */
  readonly workerFile: string;
  readonly tablesFolder?: string | undefined;
  readonly dataFolder?: string | undefined;
  readonly log?: Logger | undefined;
  /** Milliseconds without work after which the worker ends; the next count starts another one. Default a minute. */
  readonly idleMs?: number | undefined;
}

/** A request that waits or was sent, and what becomes of its answer. */
interface Task {
  readonly request: WorkerRequest;
  /** Of the job that the task is a part of: aborted by the caller, or with another task's failure. */
  readonly job: AbortSignal;
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
}

/** So many tasks are with the worker at a time: it never waits for the next, and urgent work waits for few. */
const maxInFlight = 2;
/** A worker that dies is replaced; a task that saw this many die is given up with an error, never estimated. */
const maxAttempts = 3;

/**
 * Counts in a worker thread, so that the calling one stays free. Visible work overtakes what waits; what is cancelled
 * is not begun. The worker starts with the first count, ends when idle and is replaced when it fails.
 */
export class WorkerTokenCounter implements TokenCounter {
  readonly #options: WorkerCounterOptions;
  readonly #log: Logger;
  readonly #waiting: Readonly<Record<'visible' | 'background', Task[]>> = { visible: [], background: [] };
  readonly #inFlight = new Map<number, Task>();
  readonly #encoders = new Map<EncodingName, Promise<TokenEncoder>>();
  #worker: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #disposed = false;

  constructor(options: WorkerCounterOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
  }

  /** Whether there is a worker at the moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  async count(text: string, encoding: EncodingName, options: CountOptions = {}): Promise<number> {
    const [tokens] = await this.countAll([text], encoding, options);
    return tokens!;
  }

  async countAll(texts: readonly string[], encoding: EncodingName, options: CountOptions = {}): Promise<number[]> {
    throwIfCancelled(options.signal);
    const failed = new AbortController();
    const job = options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
    const counts = new Array<number>(texts.length).fill(0);
    let done = 0;
    try {
      await Promise.all(
        Array.from(batchesOf(texts), async (batch) => {
          const answer = await this.#ask({ kind: 'count', encoding, texts: batch.texts }, job, options.priority);
          if (answer.kind === 'counted') {
            answer.counts.forEach((count, index) => {
              counts[batch.owners[index]!]! += count;
            });
          }
          done = Math.max(done, batch.owners.at(-1)! + 1);
          options.progress?.report({ done, total: texts.length });
        }),
      );
    } finally {
      failed.abort();
    }
    return counts;
  }

  /**
   * An encoder for the calling thread, for documents that are counted while they are edited. Its tables are opened by
   * the worker and shared, so this costs the calling thread next to nothing.
   */
  async encoder(encoding: EncodingName): Promise<TokenEncoder> {
    const known = this.#encoders.get(encoding);
    if (known !== undefined) {
      return known;
    }
    const opening = this.#openTables(encoding).then(
      ({ ranks, classes }) => new TokenEncoder(encoding, viewRankTable(ranks), classes),
    );
    this.#encoders.set(encoding, opening);
    try {
      return await opening;
    } catch (error) {
      this.#encoders.delete(encoding);
      throw error;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#encoders.clear();
    this.#stopWorker();
    const error = cancelled();
    for (const task of [...this.#inFlight.values(), ...this.#waiting.visible, ...this.#waiting.background]) {
      task.reject(error);
    }
    this.#inFlight.clear();
    this.#waiting.visible.length = 0;
    this.#waiting.background.length = 0;
  }

  async #openTables(encoding: EncodingName): Promise<SharedTables> {
    const answer = await this.#ask({ kind: 'tables', encoding }, new AbortController().signal, 'visible');
    if (answer.kind !== 'opened') {
      throw new Error(`The token worker answered “${answer.kind}” to a request for tables.`);
    }
    return answer.tables;
  }

  async #ask(
    request: WorkerRequestWithoutId,
    job: AbortSignal,
    priority: 'visible' | 'background' = 'background',
  ): Promise<WorkerAnswer> {
    if (this.#disposed || job.aborted) {
      throw cancelled();
    }
    return new Promise<WorkerAnswer>((resolve, reject) => {
      const onAbort = (): void => {
        reject(cancelled());
        this.#forget(task);
      };
      const task: Task = {
        request: { ...request, id: this.#nextId++ },
        job,
        attempts: 0,
        resolve: (answer) => {
          job.removeEventListener('abort', onAbort);
          resolve(answer);
        },
        reject: (error) => {
          job.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      job.addEventListener('abort', onAbort);
      this.#waiting[priority].push(task);
      this.#sendNext();
    });
  }

  /** Takes a cancelled task out of the queues. One that was sent stays in flight; its answer interests nobody. */
  #forget(task: Task): void {
    for (const queue of [this.#waiting.visible, this.#waiting.background]) {
      const index = queue.indexOf(task);
      if (index >= 0) {
        queue.splice(index, 1);
      }
    }
  }

  #sendNext(): void {
    while (this.#inFlight.size < maxInFlight) {
      const task = this.#waiting.visible.shift() ?? this.#waiting.background.shift();
      if (task === undefined) {
        break;
      }
      this.#inFlight.set(task.request.id, task);
      const worker = this.#runningWorker();
      worker.ref();
      worker.postMessage(task.request);
    }
    clearTimeout(this.#idleTimer);
    if (this.#inFlight.size === 0 && this.#worker !== undefined) {
      this.#worker.unref();
      this.#idleTimer = setTimeout(() => {
        this.#stopWorker();
      }, this.#options.idleMs ?? 60_000).unref();
    }
  }

  #runningWorker(): Worker {
    if (this.#worker !== undefined) {
      return this.#worker;
    }
    const { workerFile, tablesFolder, dataFolder } = this.#options;
    const settings: WorkerSettings = { tablesFolder, dataFolder };
    const worker = new Worker(workerFile, { workerData: settings, name: 'tokens' });
    let failure: unknown;
    worker.on('message', (answer: WorkerAnswer) => {
      this.#receive(answer);
    });
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) {
        this.#worker = undefined;
        this.#recover(failure ?? new Error(`It ended with exit code ${code}.`));
      }
    });
    this.#worker = worker;
    return worker;
  }

  #receive(answer: WorkerAnswer): void {
    const task = this.#inFlight.get(answer.id);
    this.#inFlight.delete(answer.id);
    if (answer.kind === 'failed') {
      task?.reject(new UserError(answer.message, answer.nextStep));
    } else {
      task?.resolve(answer);
    }
    this.#sendNext();
  }

  /** The worker died: what it was working on goes to the next one, unless it keeps killing them. */
  #recover(cause: unknown): void {
    this.#log.error('The token worker ended unexpectedly and is started again.', cause);
    const interrupted = [...this.#inFlight.values()].filter((task) => !task.job.aborted);
    this.#inFlight.clear();
    for (const task of interrupted.reverse()) {
      task.attempts++;
      if (task.attempts >= maxAttempts) {
        task.reject(
          new UserError('The token counter keeps failing.', 'See the extension’s log, and reload the window.', {
            cause,
          }),
        );
      } else {
        this.#waiting.visible.unshift(task);
      }
    }
    this.#sendNext();
  }

  #stopWorker(): void {
    clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;
type WorkerRequestWithoutId = WithoutId<WorkerRequest>;

function cancelled(): SourceError {
  return new SourceError('cancelled', 'Counting tokens was cancelled.', { nextStep: 'Run it again to finish it.' });
}
