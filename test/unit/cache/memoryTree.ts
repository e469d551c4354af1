import { sha256Hex } from '../../../src/core/cache/fingerprint';
import type {
  ContentHistory,
  ContentVersion,
  Operation,
  OperationRecorder,
  OperationStep,
  OperationSummary,
} from '../../../src/core/cache/history';
import { SourceError } from '../../../src/core/errors';
import type {
  FileTree,
  FileTreeCapabilities,
  ScanRequest,
  ScanResult,
  TreeChange,
  TreeEntry,
} from '../../../src/core/fileTree';

/** A step of a commit, as a faulty tree may break it off. */
export type TreeStep = 'scan' | 'check' | 'write' | 'remove' | 'committed';

/** A file tree in memory. `before` runs before each step and may change files, or throw. */
export class MemoryTree implements FileTree {
  readonly id = 'memory:tree';
  readonly label = 'memory';
  readonly capabilities: FileTreeCapabilities;
  readonly files = new Map<string, Uint8Array>();
  before: (step: TreeStep, path: string) => void = () => undefined;

  constructor(compareAndSwap: FileTreeCapabilities['compareAndSwap'] = 'best-effort') {
    this.capabilities = { write: true, watch: false, compareAndSwap, metered: false };
  }

  async scan(request: ScanRequest): Promise<ScanResult> {
    this.before('scan', [...(request.folders ?? []), ...(request.files ?? [])].join(' '));
    const folders = new Map<string, readonly TreeEntry[]>();
    for (const folder of request.folders ?? []) {
      folders.set(folder, this.#list(folder));
    }
    const files = new Map<string, Uint8Array | SourceError>();
    for (const path of request.files ?? []) {
      files.set(path, this.files.get(path) ?? missing(path));
    }
    return Promise.resolve({ folders, files });
  }

  async read(path: string): Promise<Uint8Array> {
    this.before('scan', path);
    const bytes = this.files.get(path);
    return bytes === undefined ? Promise.reject(missing(path)) : Promise.resolve(bytes);
  }

  async commit(change: TreeChange): Promise<void> {
    await Promise.resolve();
    this.before('check', '');
    for (const { path, sha256 } of change.expect ?? []) {
      const bytes = this.files.get(path);
      if ((bytes === undefined ? undefined : sha256Hex(bytes)) !== sha256) {
        throw new SourceError('conflict', `${path} has changed.`, { nextStep: 'Try again.' });
      }
    }
    for (const { path, bytes } of change.writes ?? []) {
      this.before('write', path);
      this.files.set(path, bytes);
    }
    for (const path of change.removes ?? []) {
      this.before('remove', path);
      this.files.delete(path);
    }
    this.before('committed', '');
  }

  text(path: string): string | undefined {
    const bytes = this.files.get(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  }

  write(path: string, text: string): void {
    this.files.set(path, Buffer.from(text));
  }

  /** Every file with its content. */
  draw(): Record<string, string> {
    return Object.fromEntries([...this.files.keys()].sort().map((path): [string, string] => [path, this.text(path)!]));
  }

  #list(folder: string): TreeEntry[] {
    const prefix = folder === '' ? '' : `${folder}/`;
    const found = new Map<string, TreeEntry>();
    for (const [path, bytes] of this.files) {
      if (path.startsWith(prefix)) {
        const [name, ...rest] = path.slice(prefix.length).split('/') as [string, ...string[]];
        const kind = rest.length === 0 ? 'file' : 'folder';
        found.set(name, { name, kind, sizeBytes: bytes.byteLength, modifiedMs: 1 });
      }
    }
    return [...found.values()];
  }
}

function missing(path: string): SourceError {
  return new SourceError('not-found', `${path} does not exist.`, { nextStep: 'Look elsewhere.' });
}

/** A history in memory: contents and operations; it keeps no versions. */
export class MemoryHistory implements ContentHistory {
  readonly contents = new Map<string, Uint8Array>();
  readonly #operations = new Map<string, Operation & { readonly steps: OperationStep[] }>();

  async keep(bytes: Uint8Array): Promise<string> {
    const sha256 = sha256Hex(bytes);
    this.contents.set(sha256, bytes);
    return Promise.resolve(sha256);
  }

  async content(sha256: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.contents.get(sha256));
  }

  async record(): Promise<void> {
    return Promise.resolve();
  }

  async versions(): Promise<readonly ContentVersion[]> {
    return Promise.resolve([]);
  }

  async latest(): Promise<readonly ContentVersion[]> {
    return Promise.resolve([]);
  }

  async beginOperation(operation: Omit<OperationSummary, 'id' | 'startedMs'>): Promise<OperationRecorder> {
    const id = `operation-${this.#operations.size + 1}`;
    const steps: OperationStep[] = [];
    this.#operations.set(id, { ...operation, id, startedMs: 0, steps });
    return Promise.resolve({
      id,
      addStep: (step) => {
        steps.push(step);
        return Promise.resolve();
      },
      flush: () => Promise.resolve(),
    });
  }

  async operation(id: string): Promise<Operation | undefined> {
    return Promise.resolve(this.#operations.get(id));
  }

  async operations(): Promise<readonly OperationSummary[]> {
    return Promise.resolve([...this.#operations.values()].reverse());
  }
}
