import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryPrefix } from '../cache/keys';
import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import type { WorkOptions } from '../ports';
import { readCommit, stagedCommitScript, stagedFiles } from './commitScript';
import type { DaytonaApi, DaytonaSandbox, DaytonaToolbox } from './daytonaApi';
import { defaultMaxBytes } from './folderTree';
import { fileProblem, readRecords, toAnswer } from './scanAnswer';
import { checkRequest, scanScript, statusError } from './scanScript';
import { quoteWord } from './shellText';
import { splitTreePath } from './treePath';

export interface DaytonaTreeOptions {
  readonly api: DaytonaApi;
  readonly sandboxId: string;
  /** Absolute path of the kv-cache folder in the sandbox. */
  readonly root: string;
  readonly label?: string;
}

/** A command line is one argument of a shell, which Linux limits to 128 KiB. */
const maxScriptBytes = 96 * 1024;
const bytesPerPath = 20;

/**
 * A folder of a Daytona sandbox. Listings come from one command in the sandbox, contents from one bulk download. Every
 * look keeps the sandbox awake and may cost money, so nothing here is to be polled: `state` asks the control plane,
 * which does not. A sandbox that sleeps is never started by looking at it.
 */
export class DaytonaTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: true,
    watch: false,
    compareAndSwap: 'best-effort',
    metered: true,
  };
  readonly #api: DaytonaApi;
  readonly #sandboxId: string;
  readonly #root: string;

  constructor(options: DaytonaTreeOptions) {
    if (!options.root.startsWith('/') || options.root.includes('\0')) {
      throw new SourceError('unsupported', `'${options.root}' is not an absolute path in the sandbox.`, {
        nextStep: 'Give the path of the kv-cache folder, such as /workspace/.iris/kv-cache.',
      });
    }
    this.#api = options.api;
    this.#sandboxId = options.sandboxId;
    this.#root = options.root.replace(/(?<=.)\/+$/, '');
    this.id = `daytona:${options.sandboxId}${this.#root}`;
    this.label = options.label ?? options.sandboxId;
  }

  /** The state of the sandbox, such as `started` or `stopped`; asking does not keep it awake. */
  async state(options: WorkOptions = {}): Promise<string> {
    return (await this.#api.sandbox(this.#sandboxId, options.signal)).state;
  }

  /** Starts the sandbox, which a person has asked for, and waits until it runs. */
  async start(options: WorkOptions & { readonly pauseMs?: number; readonly attempts?: number } = {}): Promise<void> {
    const { signal, pauseMs = 1000, attempts = 120 } = options;
    if ((await this.state(options)) === 'started') {
      return;
    }
    await this.#api.start(this.#sandboxId, signal);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      throwIfCancelled(signal);
      const state = await this.state(options);
      if (state === 'started') {
        return;
      }
      if (state === 'error' || state === 'build_failed' || state === 'destroyed') {
        throw this.#notRunning(state);
      }
      await delay(pauseMs);
    }
    throw new SourceError('timeout', `${this.label} does not start.`, { nextStep: 'Look at it in Daytona.' });
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    return this.#scan(request, defaultMaxBytes, options.signal);
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    const { files } = await this.#scan({ files: [path] }, options.maxBytes ?? defaultMaxBytes, options.signal);
    const content = files.get(path);
    if (content instanceof Uint8Array) {
      return content;
    }
    throw content ?? statusError(path, 'absent');
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    const { signal } = options;
    throwIfCancelled(signal);
    const paths = [...(change.expect ?? []), ...(change.writes ?? [])].map(({ path }) => path);
    for (const path of [...paths, ...(change.removes ?? [])]) {
      splitTreePath(path);
    }
    const toolbox = await this.#toolbox(signal);
    if ((change.writes ?? []).length === 0) {
      await this.#requireRoot(toolbox, signal);
    }
    const token = newToken();
    const staging = `${temporaryPrefix}${randomBytes(5).toString('hex')}`;
    const place = `${this.#root}/${staging}`;
    try {
      await toolbox.bulkUpload(
        stagedFiles(change, token).map(({ name, bytes }) => ({ path: `${place}/${name}`, bytes })),
        signal,
      );
    } catch (error) {
      await toolbox.deleteFolder(place).catch(() => undefined); // An hour later the next commit does it.
      throw error;
    }
    // From here on the sandbox does it by itself, so there is nothing left to cancel.
    const { exitCode, result } = await toolbox.execute(inShell(stagedCommitScript(this.#root, change, staging)));
    if (!readCommit(token, change, result)) {
      throw new SourceError('unavailable', `The write to ${this.label} ended with exit code ${exitCode}.`, {
        nextStep: 'Refresh the view to see what was done, then try again.',
      });
    }
  }

  async #scan(request: ScanRequest, maxBytes: number, signal: AbortSignal | undefined): Promise<ScanResult> {
    throwIfCancelled(signal);
    const { safe, refused } = checkRequest(request);
    const result = { folders: new Map(refused.folders), files: new Map(refused.files) };
    const requests = splitRequest(safe);
    if (requests.length === 0) {
      return result;
    }
    const toolbox = await this.#toolbox(signal);
    for (const part of requests) {
      const script = scanScript(this.#root, part, { token: newToken(), maxBytes, contents: false });
      const { result: output } = await toolbox.execute(`${inShell(script.text)} 2>/dev/null | base64`, signal);
      const records = readRecords(script, Buffer.from(output, 'base64'));
      const wanted = (part.files ?? []).filter(
        (path) => records.requested.has(path) && fileProblem(script, path, records.requested.get(path)) === undefined,
      );
      const { contents, failures } = await this.#download(toolbox, wanted, signal);
      const answer = toAnswer(script, records, contents, failures);
      answer.folders.forEach((item, path) => result.folders.set(path, item));
      answer.files.forEach((item, path) => result.files.set(path, item));
    }
    return result;
  }

  async #download(toolbox: DaytonaToolbox, paths: readonly string[], signal: AbortSignal | undefined) {
    const contents = new Map<string, Uint8Array>();
    const failures = new Map<string, SourceError>();
    if (paths.length === 0) {
      return { contents, failures };
    }
    const parts = await toolbox.bulkDownload(
      paths.map((path) => `${this.#root}/${path}`),
      signal,
    );
    for (const { name, filename, bytes } of parts) {
      const path = filename?.startsWith(`${this.#root}/`) === true ? filename.slice(this.#root.length + 1) : undefined;
      if (path === undefined) {
        continue;
      }
      if (name === 'file') {
        contents.set(path, bytes);
      } else {
        failures.set(path, statusError(path, statusOfPart(bytes) === 403 ? 'denied' : 'absent'));
      }
    }
    return { contents, failures };
  }

  /** The toolbox of the sandbox, if it runs. */
  async #toolbox(signal: AbortSignal | undefined): Promise<DaytonaToolbox> {
    const sandbox: DaytonaSandbox = await this.#api.sandbox(this.#sandboxId, signal);
    if (sandbox.state !== 'started') {
      throw this.#notRunning(sandbox.state);
    }
    return this.#api.toolbox(sandbox, signal);
  }

  async #requireRoot(toolbox: DaytonaToolbox, signal: AbortSignal | undefined): Promise<void> {
    const { exitCode } = await toolbox.execute(inShell(`[ -d ${quoteWord(this.#root)} ]`), signal);
    if (exitCode !== 0) {
      throw statusError('', 'absent');
    }
  }

  #notRunning(state: string): SourceError {
    switch (state) {
      case 'stopped':
      case 'stopping':
      case 'archived':
      case 'archiving':
      case 'pausing':
      case 'paused':
        return new SourceError('asleep', `${this.label} is asleep (${state}).`, {
          nextStep: 'Start the sandbox to look into it.',
        });
      case 'destroyed':
      case 'destroying':
        return new SourceError('not-found', `${this.label} is gone (${state}).`, {
          nextStep: 'Remove it from the list.',
        });
      case 'error':
      case 'build_failed':
        return new SourceError('unavailable', `${this.label} has failed (${state}).`, {
          nextStep: 'Look at it in Daytona.',
        });
      default:
        return new SourceError('unavailable', `${this.label} does not run yet (${state}).`, {
          nextStep: 'Try again in a moment.',
        });
    }
  }
}

/** The far end may run a command line in any shell: the script always runs in a POSIX one. */
function inShell(script: string): string {
  return `sh -c ${quoteWord(script)}`;
}

function newToken(): string {
  return `context-cache-${randomUUID()}`;
}

/** The `statusCode` that an error part tells. */
function statusOfPart(bytes: Uint8Array): number | undefined {
  try {
    const { statusCode } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { statusCode?: unknown };
    return typeof statusCode === 'number' ? statusCode : undefined;
  } catch {
    return undefined;
  }
}

/** Requests whose scripts are short enough for one argument; none for an empty one. */
function splitRequest(request: ScanRequest): readonly ScanRequest[] {
  const requests: ScanRequest[] = [];
  let files: string[] = [];
  let size = 0;
  const folders = request.folders ?? [];
  for (const path of request.files ?? []) {
    // Quoted twice: once as a word of the script, once as a part of the command line.
    const bytes = Buffer.byteLength(quoteWord(quoteWord(path))) + bytesPerPath;
    if (size + bytes > maxScriptBytes) {
      requests.push({ files });
      files = [];
      size = 0;
    }
    files.push(path);
    size += bytes;
  }
  if (files.length > 0 || folders.length > 0) {
    requests.unshift({ folders, files });
  }
  return requests;
}
