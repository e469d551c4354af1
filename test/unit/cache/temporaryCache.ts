import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FolderTree } from '../../../src/core/sources/folderTree';

export const goldenCaches = join(__dirname, '../../fixtures/golden/iris-kv-cache');

/** The clock of the golden trees: 2025-11-12T09:30:00.123456, naive UTC. */
export const goldenClock = { now: () => Date.UTC(2025, 10, 12, 9, 30, 0) + 123.456 };

export function goldenTree(name: 'typical' | 'unindexed' | 'empty'): FolderTree {
  return new FolderTree(join(goldenCaches, name, '.iris/kv-cache'));
}

/** A cache of its own in a temporary folder. */
export class TemporaryCache {
  readonly #base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
  readonly root = join(this.#base, 'workspace/.iris/kv-cache');
  readonly tree = new FolderTree(this.root);

  /** Starts empty, or as a copy of a golden tree. */
  constructor(golden?: 'typical' | 'unindexed' | 'empty') {
    mkdirSync(this.root, { recursive: true });
    if (golden !== undefined) {
      cpSync(join(goldenCaches, golden, '.iris/kv-cache'), this.root, { recursive: true });
    }
  }

  get workspace(): string {
    return join(this.#base, 'workspace');
  }

  /** A place beside the workspace. */
  outside(name: string): string {
    return join(this.#base, name);
  }

  path(...segments: string[]): string {
    return join(this.root, ...segments);
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  /** Writes a value with a sound index entry; `changes` replaces fields, undefined removes them. */
  put(scope: string, key: string, content: string, changes: Readonly<Record<string, unknown>> = {}): void {
    this.putAll(scope, { [key]: { content, changes } });
  }

  /** Writes a scope: values and an index of exactly these entries. */
  putAll(
    scope: string,
    entries: Readonly<
      Record<string, { readonly content?: string; readonly changes?: Readonly<Record<string, unknown>> }>
    >,
  ): void {
    const index: Record<string, unknown> = {};
    for (const [key, { content, changes }] of Object.entries(entries)) {
      if (content !== undefined) {
        this.write(`${scope}/${key}`, content);
      }
      index[key] = { ...soundEntry(scope, key, content ?? ''), ...changes };
    }
    this.write(`${scope}/_index.json`, JSON.stringify(index, null, 2));
  }

  dispose(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }
}

export function soundEntry(scope: string, key: string, content: string): Record<string, unknown> {
  return {
    original_key: key,
    path: `/workspace/.iris/kv-cache/${scope}/${key}`,
    content_type: 'text/plain',
    size_bytes: Buffer.byteLength(content),
    fingerprint: createHash('sha256').update(content).digest('hex').slice(0, 16),
    created_at: '2025-11-12T09:00:00.000001',
    expires_at: '2025-11-13T09:00:00.000001',
    ttl_hours: 24,
    metadata: {},
  };
}
