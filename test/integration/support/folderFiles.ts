import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';

/** A file system of another extension whose bytes lie in a local folder, so that a test can look at them. */
export class FolderFiles implements vscode.FileSystemProvider {
  readonly onDidChangeFile: vscode.Event<vscode.FileChangeEvent[]>;
  /** What was called that changes something, with the last segment of its path. */
  readonly calls: string[] = [];
  /** Calls that fail from now on, with what they say. */
  readonly failing = new Map<'writeFile' | 'delete' | 'rename' | 'stat' | 'readFile', Error>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

  readonly #folder: string;

  /** @param folder the local folder that `/` of the scheme stands for */
  constructor(folder: string) {
    this.#folder = folder;
    this.onDidChangeFile = this.#changed.event;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    this.fail('stat');
    const stat = await this.translated(uri, lstat(this.place(uri)));
    const { size, mtimeMs, ctimeMs } = stat;
    return { type: typeOf(stat), size, mtime: Math.floor(mtimeMs), ctime: Math.floor(ctimeMs) };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    const entries = await this.translated(uri, readdir(this.place(uri), { withFileTypes: true }));
    return entries.map((entry) => [entry.name, typeOf(entry)]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    this.fail('readFile');
    return this.translated(uri, readFile(this.place(uri)));
  }

  async createDirectory(uri: vscode.Uri): Promise<void> {
    await this.translated(uri, mkdir(this.place(uri)));
  }

  async writeFile(uri: vscode.Uri, bytes: Uint8Array): Promise<void> {
    this.note('writeFile', uri);
    await this.translated(uri, writeFile(this.place(uri), bytes));
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  async delete(uri: vscode.Uri): Promise<void> {
    this.note('delete', uri);
    await this.translated(uri, rm(this.place(uri), { recursive: true }));
    this.#changed.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  async rename(from: vscode.Uri, to: vscode.Uri): Promise<void> {
    this.note('rename', to);
    await this.translated(from, rename(this.place(from), this.place(to)));
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri: to }]);
  }

  private note(call: 'writeFile' | 'delete' | 'rename', uri: vscode.Uri): void {
    this.calls.push(`${call} ${path.posix.basename(uri.path)}`);
    this.fail(call);
  }

  private fail(call: 'writeFile' | 'delete' | 'rename' | 'stat' | 'readFile'): void {
    const error = this.failing.get(call);
    if (error !== undefined) {
      throw error;
    }
  }

  private place(uri: vscode.Uri): string {
    return path.join(this.#folder, uri.path);
  }

  private async translated<Result>(uri: vscode.Uri, work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      switch ((error as NodeJS.ErrnoException).code) {
        case 'ENOENT':
          throw vscode.FileSystemError.FileNotFound(uri);
        case 'ENOTDIR':
          throw vscode.FileSystemError.FileNotADirectory(uri);
        case 'EISDIR':
          throw vscode.FileSystemError.FileIsADirectory(uri);
        case 'EEXIST':
          throw vscode.FileSystemError.FileExists(uri);
        default:
          throw error;
      }
    }
  }
}

function typeOf(entry: { isSymbolicLink(): boolean; isDirectory(): boolean; isFile(): boolean }): vscode.FileType {
  if (entry.isSymbolicLink()) {
    return vscode.FileType.SymbolicLink;
  }
  return entry.isDirectory()
    ? vscode.FileType.Directory
    : entry.isFile()
      ? vscode.FileType.File
      : vscode.FileType.Unknown;
}
