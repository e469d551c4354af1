import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { workspaceFolder } from './fixtures';

/** Where the cache of the sample workspace lies. */
export function cacheFolder(): string {
  return path.join(workspaceFolder().fsPath, '.iris', 'kv-cache');
}

/** The document of an entry, which commands take in place of its row. */
export function entryUri(scope: string, key: string, query = ''): vscode.Uri {
  const sandbox = path.basename(workspaceFolder().fsPath);
  return vscode.Uri.from({ scheme: 'context-cache', path: `/${sandbox}/${scope}/${key}`, query });
}

export async function readCacheFile(relative: string): Promise<string> {
  return readFile(path.join(cacheFolder(), relative), 'utf8');
}

interface IndexEntry {
  readonly original_key: string;
  readonly fingerprint: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly ttl_hours: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  readonly version?: number;
}

export async function readIndex(scope: string): Promise<Readonly<Record<string, IndexEntry>>> {
  return JSON.parse(await readCacheFile(`${scope}/_index.json`)) as Readonly<Record<string, IndexEntry>>;
}

/** Every file below a folder with the hash of its bytes. */
export async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {};
  for (const file of await filesOf(folder)) {
    contents[file] = createHash('sha256')
      .update(await readFile(path.join(folder, file)))
      .digest('hex');
  }
  return contents;
}

/** The same with everything that writing would change: times, modes, and the files' identities. */
export async function tracesOf(folder: string): Promise<readonly string[]> {
  const contents = await contentsOf(folder);
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const { mode, mtimeMs, ctimeMs, ino, size } = await lstat(path.join(folder, name));
      return [name, mode, mtimeMs, ctimeMs, ino, size, contents[name] ?? ''].join(' ');
    }),
  );
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

export async function run(command: string, ...args: readonly unknown[]): Promise<unknown> {
  return vscode.commands.executeCommand(`contextCache.${command}`, ...args);
}
