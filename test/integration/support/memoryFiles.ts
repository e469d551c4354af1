import { posix } from 'node:path';
import * as vscode from 'vscode';

interface Kept {
  readonly bytes: Uint8Array;
  readonly mtime: number;
}

/** A file system of another extension, as virtual workspaces have: everything is in memory, and nothing can be searched. */
export class MemoryFiles implements vscode.FileSystemProvider {
  readonly onDidChangeFile: vscode.Event<vscode.FileChangeEvent[]>;
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly files = new Map<string, Kept>();
  private readonly folders = new Set<string>(['/']);

  constructor() {
    this.onDidChangeFile = this.changed.event;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat({ path }: vscode.Uri): vscode.FileStat {
    const file = this.files.get(path);
    if (file !== undefined) {
      return { type: vscode.FileType.File, ctime: 0, mtime: file.mtime, size: file.bytes.length };
    }
    this.existingFolder(path);
    return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
  }

  readDirectory({ path }: vscode.Uri): [string, vscode.FileType][] {
    const own = this.existingFolder(path);
    const inside = (other: string): boolean => other !== own && posix.dirname(other) === own;
    return [
      ...[...this.folders].filter(inside).map((name) => [posix.basename(name), vscode.FileType.Directory] as const),
      ...[...this.files.keys()].filter(inside).map((name) => [posix.basename(name), vscode.FileType.File] as const),
    ].map(([name, type]) => [name, type]);
  }

  createDirectory(uri: vscode.Uri): void {
    this.makeFolders(uri.path);
    this.tell(vscode.FileChangeType.Created, uri);
  }

  readFile({ path }: vscode.Uri): Uint8Array {
    const file = this.files.get(path);
    if (file === undefined) {
      throw vscode.FileSystemError.FileNotFound(path);
    }
    return file.bytes;
  }

  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    const known = this.files.has(uri.path);
    this.makeFolders(posix.dirname(uri.path));
    this.files.set(uri.path, { bytes: Uint8Array.from(bytes), mtime: Date.now() });
    this.tell(known ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created, uri);
  }

  delete(uri: vscode.Uri): void {
    const below = (path: string): boolean => path === uri.path || path.startsWith(`${uri.path}/`);
    [...this.files.keys()].filter(below).forEach((path) => this.files.delete(path));
    [...this.folders].filter(below).forEach((path) => this.folders.delete(path));
    this.tell(vscode.FileChangeType.Deleted, uri);
  }

  rename(from: vscode.Uri, to: vscode.Uri, { overwrite }: { readonly overwrite: boolean }): void {
    const file = this.files.get(from.path);
    if (file === undefined) {
      throw vscode.FileSystemError.FileNotFound(from);
    }
    if (this.files.has(to.path) && !overwrite) {
      throw vscode.FileSystemError.FileExists(to);
    }
    this.files.delete(from.path);
    this.files.set(to.path, file);
    this.tell(vscode.FileChangeType.Deleted, from);
    this.tell(vscode.FileChangeType.Created, to);
  }

  private existingFolder(path: string): string {
    const own = path.length > 1 ? path.replace(/\/$/, '') : path;
    if (!this.folders.has(own)) {
      throw vscode.FileSystemError.FileNotFound(path);
    }
    return own;
  }

  private makeFolders(path: string): void {
    for (let folder = path; folder !== '/' && !this.folders.has(folder); folder = posix.dirname(folder)) {
      this.folders.add(folder);
    }
  }

  private tell(type: vscode.FileChangeType, uri: vscode.Uri): void {
    this.changed.fire([{ type, uri }]);
  }
}
