import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceError } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import type { WorkOptions } from '../ports';
import { CommandTree } from './commandTree';

export interface SshTreeOptions {
  /** A host or an alias of the user's own SSH configuration. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Absolute path of the kv-cache folder on the host. */
  readonly root: string;
  readonly label?: string;
  /** Another configuration file than the user's own. */
  readonly configFile?: string;
  /** The client; `ssh` on the path by default. */
  readonly program?: string;
  readonly idleMs?: number;
}

/** Seconds for which an unused connection stays open. */
const persistSeconds = 60;

/**
 * A folder on a host, through the user's own OpenSSH client with its configuration, agent and known hosts. One
 * connection carries all commands, where the client can share it. Nothing is ever asked: a key with a passphrase has
 * to be in the agent, and a new host to be accepted in a terminal first.
 */
export class SshTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: true,
    watch: false,
    compareAndSwap: 'best-effort',
    metered: false,
  };
  readonly #options: SshTreeOptions;
  #opened: Promise<Opened> | undefined;

  constructor(options: SshTreeOptions) {
    requireName('host', options.host);
    if (options.user !== undefined) {
      requireName('user', options.user);
    }
    const account = options.user === undefined ? options.host : `${options.user}@${options.host}`;
    const port = options.port === undefined ? '' : `:${options.port}`;
    this.id = `ssh:${account}${port}${options.root}`;
    this.label = options.label ?? account;
    this.#options = options;
  }

  async scan(request: ScanRequest, options?: WorkOptions): Promise<ScanResult> {
    return (await this.#open()).tree.scan(request, options);
  }

  async read(path: string, options?: WorkOptions & { readonly maxBytes?: number }): Promise<Uint8Array> {
    return (await this.#open()).tree.read(path, options);
  }

  async commit(change: TreeChange, options?: WorkOptions): Promise<void> {
    await (await this.#open()).tree.commit(change, options);
  }

  dispose(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    void opened?.then(closeConnection, () => undefined);
  }

  async #open(): Promise<Opened> {
    this.#opened ??= openConnection(this.#options, this.id, this.label);
    try {
      return await this.#opened;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }
}

interface Opened {
  readonly tree: CommandTree;
  readonly program: readonly string[];
  readonly host: string;
  /** Holds the socket of the shared connection. */
  readonly controlFolder: string | undefined;
}

async function openConnection(options: SshTreeOptions, id: string, label: string): Promise<Opened> {
  // Windows' client can't share a connection. A socket's path has about 100 bytes, so the folder's name is short.
  const controlFolder = process.platform === 'win32' ? undefined : await mkdtemp(join(tmpdir(), 'cc-'));
  const program = [
    options.program ?? 'ssh',
    ...(options.configFile === undefined ? [] : ['-F', options.configFile]),
    '-T',
    ...option('BatchMode', 'yes'),
    ...option('ConnectTimeout', '15'),
    ...option('ServerAliveInterval', '15'),
    ...option('ServerAliveCountMax', '3'),
    // What people set for their terminals would get in the way here.
    ...option('RequestTTY', 'no'),
    ...option('RemoteCommand', 'none'),
    ...option('ClearAllForwardings', 'yes'),
    ...option('LogLevel', 'ERROR'),
    ...(controlFolder === undefined
      ? []
      : [
          ...option('ControlMaster', 'auto'),
          ...option('ControlPath', join(controlFolder, 's')),
          ...option('ControlPersist', String(persistSeconds)),
        ]),
    ...(options.user === undefined ? [] : ['-l', options.user]),
    ...(options.port === undefined ? [] : ['-p', String(options.port)]),
  ];
  const tree = new CommandTree({
    id,
    label,
    command: [...program, '--', options.host],
    root: options.root,
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  });
  return { tree, program, host: options.host, controlFolder };
}

function option(name: string, value: string): readonly string[] {
  return ['-o', `${name}=${value}`];
}

/** Ends a shared connection, for at most five seconds, and removes its folder. */
const closeScript = `
"$@" & closing=$!
(sleep 5; kill "$closing") & limit=$!
wait "$closing"
kill "$limit"
rm -rf -- "$0"
`;

/** In a process of its own, which finishes even when this one ends now, as the editor's do when a window closes. */
function closeConnection({ program, host, controlFolder }: Opened): void {
  if (controlFolder === undefined) {
    return;
  }
  const close = [...program, '-O', 'exit', '--', host];
  spawn('/bin/sh', ['-c', closeScript, controlFolder, ...close], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
}

/** Neither an option nor anything that a configuration could expand. */
function requireName(what: string, name: string): void {
  if (!/^[A-Za-z0-9_.:[\]%@+][\w.:[\]%@+-]*$/.test(name)) {
    throw new SourceError('unsupported', `${JSON.stringify(name)} is not the name of a ${what}.`, {
      nextStep: 'Use a name as you would type it after ssh.',
    });
  }
}
