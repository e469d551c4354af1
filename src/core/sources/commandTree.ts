import { randomUUID } from 'node:crypto';
import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { ChildResult } from './childProcess';
import { runChild } from './childProcess';
import { commandError } from './commandErrors';
import { commitScript, readCommit } from './commitScript';
import { defaultMaxBytes } from './folderTree';
import { readRecords, toAnswer } from './scanAnswer';
import { checkRequest, scanScript, statusError } from './scanScript';
import { quoteWord } from './shellText';
import { readArchives } from './tarArchive';
import { splitTreePath } from './treePath';

export interface CommandTreeOptions {
  readonly id: string;
  readonly label: string;
  /** A program with arguments that runs what follows it in the sandbox: `['docker', 'exec', '-i', 'name']`. */
  readonly command: readonly string[];
  /** Absolute path of the tree's root in the sandbox. */
  readonly root: string;
  /** Milliseconds of silence after which a command is given up. Default 60 s. */
  readonly idleMs?: number;
  /** Bytes of one answer after which it is given up. Default 256 MiB; callers read values in smaller batches. */
  readonly maxAnswerBytes?: number;
  /** Commands at once over one connection. Default 6: OpenSSH takes ten. */
  readonly atOnce?: number;
}

const maxAnswerBytes = 256 * 1024 * 1024;
/** Whatever a login prints before the answer begins is shorter. */
const maxGreetingBytes = 1024 * 1024;
/** A word with everything that shells treat specially, to see whether it arrives. */
const nastyWord = 'a b\n"$HOME" `id` \'q\' \\ !! * ~ #';

/**
 * A tree behind any program that runs a shell somewhere else: `docker exec -i`, `kubectl exec -i`, `ssh`. A scan is
 * one run of it, whatever the number of files, and so is a commit. Programs that join their arguments to one line for
 * a far shell are recognised by a probe.
 */
export class CommandTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: true,
    watch: false,
    compareAndSwap: 'best-effort',
    metered: false,
  };
  readonly #options: CommandTreeOptions;
  #quoting: Promise<'kept' | 'joined'> | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CommandTreeOptions) {
    if (options.command.length === 0 || options.command[0] === '') {
      throw new SourceError('unsupported', `The sandbox ${options.label} has no command.`, {
        nextStep: 'Give it a command such as ["docker", "exec", "-i", "name"].',
      });
    }
    if (!options.root.startsWith('/') || options.root.includes('\0')) {
      throw new SourceError('unsupported', `'${options.root}' is not an absolute path in the sandbox.`, {
        nextStep: 'Give the path of the kv-cache folder, such as /workspace/.iris/kv-cache.',
      });
    }
    this.id = options.id;
    this.label = options.label;
    this.#options = options;
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
    throw content ?? this.#silent();
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    throwIfCancelled(options.signal);
    const paths = [...(change.expect ?? []), ...(change.writes ?? [])].map(({ path }) => path);
    for (const path of [...paths, ...(change.removes ?? [])]) {
      splitTreePath(path);
    }
    const script = await commitScript(this.#options.root, change, newToken());
    const quoting = await this.#probe(options.signal);
    const words = quoting === 'kept' ? ['sh', '-c', script.text] : ['sh', '-c', quoteWord(script.text)];
    const result = await this.#run(words, script.stdin, options.signal, true);
    if (!readCommit(script.token, change, result.stdout.toString())) {
      throw result.code === 66 ? this.#noRoot() : commandError(this.label, result);
    }
  }

  async #scan(request: ScanRequest, maxBytes: number, signal: AbortSignal | undefined): Promise<ScanResult> {
    throwIfCancelled(signal);
    const { safe, refused } = checkRequest(request);
    if ((safe.folders?.length ?? 0) + (safe.files?.length ?? 0) === 0) {
      return refused;
    }
    const script = scanScript(this.#options.root, safe, { token: newToken(), maxBytes, contents: true });
    const result = await this.#run(['sh', '-s'], Buffer.from(script.text), signal, false, script.token);
    if (!result.stdout.includes(script.token) && result.code !== 0) {
      throw commandError(this.label, result);
    }
    const records = readRecords(script, result.stdout);
    const contents = new Map<string, Uint8Array>();
    for (const { name, bytes } of await readArchives(records.archives)) {
      contents.set(name.replace(/^\.\//, ''), bytes);
    }
    const answer = toAnswer(script, records, contents, deniedFiles([...records.requested.keys()], result.stderr));
    return {
      folders: new Map([...answer.folders, ...refused.folders]),
      files: new Map([...answer.files, ...refused.files]),
    };
  }

  /** Whether the command keeps its arguments or joins them; found out once. */
  async #probe(signal: AbortSignal | undefined): Promise<'kept' | 'joined'> {
    this.#quoting ??= this.#findQuoting(signal);
    try {
      return await this.#quoting;
    } catch (error) {
      this.#quoting = undefined;
      throw error;
    }
  }

  async #findQuoting(signal: AbortSignal | undefined): Promise<'kept' | 'joined'> {
    const fragile = Buffer.from([0x00, 0x0d, 0x0a, 0xff]);
    const none = Buffer.alloc(0);
    // The first alone, so that there is a connection for the others to share.
    const words = await this.#run(['printf', '%s@', 'a b'], none, signal, false);
    const joins = says(words, 'a@b@');
    const [echo, quoted] = await Promise.all([
      this.#run(['cat'], fragile, signal, false),
      joins ? this.#run(['printf', '%s@', quoteWord(nastyWord)], none, signal, false) : undefined,
    ]);
    if (!echo.stdout.includes(fragile)) {
      throw echo.code === 0 ? this.#changesBytes() : commandError(this.label, echo);
    }
    if (says(words, 'a b@')) {
      return 'kept';
    }
    if (quoted !== undefined && says(quoted, `${nastyWord}@`)) {
      return 'joined';
    }
    throw new SourceError('unsupported', `The shell of ${this.label} does not take arguments as a POSIX shell does.`, {
      nextStep: 'Let the command of the sandbox run a POSIX shell, such as sh.',
    });
  }

  async #run(
    words: readonly string[],
    stdin: Uint8Array,
    signal: AbortSignal | undefined,
    finishOnceSent: boolean,
    startMark?: string,
  ): Promise<ChildResult> {
    await this.#turn();
    try {
      return await runChild([...this.#options.command, ...words], {
        stdin,
        signal,
        finishOnceSent,
        idleMs: this.#options.idleMs ?? 60_000,
        maxBytes: this.#options.maxAnswerBytes ?? maxAnswerBytes,
        ...(startMark === undefined ? {} : { startsWithin: { mark: startMark, bytes: maxGreetingBytes } }),
      });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= (this.#options.atOnce ?? 6)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }

  #silent(): SourceError {
    return new SourceError('protocol', `${this.label} did not answer what it was asked.`, { nextStep: 'Try again.' });
  }

  #noRoot(): SourceError {
    return new SourceError('not-found', `'${this.#options.root}' does not exist in ${this.label}.`, {
      nextStep: 'Check the path of the sandbox.',
    });
  }

  #changesBytes(): SourceError {
    return new SourceError('protocol', `Something on the way to ${this.label} changes bytes: probably a terminal.`, {
      nextStep: 'Take -t or --tty out of the command of the sandbox.',
    });
  }
}

/** What a login prints may stand before it, and what a shell prints when it ends after it. */
function says({ stdout }: ChildResult, text: string): boolean {
  return stdout.includes(text);
}

/** Files that tar could not open; the others without content have vanished. */
function deniedFiles(paths: readonly string[], stderr: string): ReadonlyMap<string, SourceError> {
  const complaints = stderr.split('\n').filter((line) => /permission denied/i.test(line));
  const denied = complaints.length === 0 ? [] : paths.filter((path) => complaints.some((line) => line.includes(path)));
  return new Map(denied.map((path) => [path, statusError(path, 'denied')]));
}

function newToken(): string {
  return `context-cache-${randomUUID()}`;
}
