import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CacheEntry, CacheSnapshot, ScopeName } from '../../../src/core/cache/model';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { MirroredTree } from '../../../src/core/mirror/mirroredTree';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { VersionStore } from '../../../src/core/versions/versionStore';
import type { EntryTokens } from '../../../src/vscode/sandboxes/entryTokens';
import { createNodePool } from '../../../src/vscode/sandboxes/nodes';
import type { SandboxTreeNode } from '../../../src/vscode/sandboxes/nodes';
import { parseFilter } from '../../../src/vscode/sandboxes/ordering';
import type { SortOrder } from '../../../src/vscode/sandboxes/ordering';
import { entryRow, groupRow, sandboxRow, scopeRow } from '../../../src/vscode/sandboxes/rows';
import type { Row } from '../../../src/vscode/sandboxes/rows';
import type { Sandbox } from '../../../src/vscode/sandboxes/sandbox';
import type { SandboxStore } from '../../../src/vscode/sandboxes/sandboxStore';
import { statesAt } from '../../../src/vscode/sandboxes/states';
import { createTreeContents } from '../../../src/vscode/sandboxes/treeContents';
import type { TreeContents } from '../../../src/vscode/sandboxes/treeContents';
import type { ViewOptions } from '../../../src/vscode/sandboxes/viewOptions';

const fixtures = join(__dirname, '..', '..', 'fixtures');
const golden = join(fixtures, 'golden', 'iris-kv-cache', 'typical', '.iris', 'kv-cache');
/** The rows as a person would see them with everything expanded. */
const drawn = join(fixtures, 'trees', 'typical.txt');
const nowMs = Date.UTC(2025, 10, 12, 9, 30, 0, 123);

interface DrawnTree {
  readonly contents: TreeContents;
  readonly sandbox: Sandbox;
  readonly root: SandboxTreeNode;
  readonly draw: (node: SandboxTreeNode) => string;
}

interface Options {
  readonly sort?: SortOrder;
  readonly filter?: string;
  readonly error?: Error;
  readonly atMs?: number;
}

async function snapshotOf(root: string): Promise<CacheSnapshot> {
  return readSnapshot(new FolderTree(root), { clock: { now: () => nowMs }, verifyValues: true });
}

const history = new VersionStore('/nowhere');

function treeOf(snapshot: CacheSnapshot, { sort = 'name', filter = '', error, atMs = nowMs }: Options = {}): DrawnTree {
  const sandbox: Sandbox = {
    id: 'demo',
    label: 'demo',
    place: '/workspace',
    origin: 'detected',
    setting: undefined,
    kind: 'folder',
    tree: new MirroredTree(new FolderTree(golden), new MirrorStore('/nowhere', history), history),
    near: true,
    uri: undefined,
  };
  const pool = createNodePool();
  const scopeOf = (name: ScopeName): CacheSnapshot['scopes'][number] | undefined =>
    snapshot.scopes.find(({ scope }) => scope === name);
  const entryOf = (scope: ScopeName, key: string): CacheEntry | undefined =>
    scopeOf(scope)?.entries.find((entry) => entry.key === key);
  // Only what drawing asks for: the rest of a store reads sandboxes, and drawing never does.
  const store = {
    state: () => ({ snapshot, error, reading: false }),
    scope: (_: Sandbox, name: ScopeName) => scopeOf(name),
    entry: (_: Sandbox, scope: ScopeName, key: string) => entryOf(scope, key),
  } as unknown as SandboxStore;
  const sum = (entries: readonly CacheEntry[]): { tokens: number; estimated: boolean; complete: boolean } => ({
    tokens: entries.reduce((total, { fileBytes }) => total + Math.ceil((fileBytes ?? 0) / 4), 0),
    estimated: false,
    complete: true,
  });
  const tokens = {
    of: (_: Sandbox, entry: CacheEntry) => (entry.fileBytes === undefined ? undefined : sum([entry])),
  } as unknown as EntryTokens;
  const options = { sort, filter, matches: parseFilter(filter) } as unknown as ViewOptions;
  const contents = createTreeContents({ store, tokens, options, pool });
  const rowOf = (node: SandboxTreeNode): Row | undefined => {
    switch (node.kind) {
      case 'sandbox':
        return sandboxRow(sandbox, {
          scopes: snapshot.scopes,
          findings: snapshot.findings.length,
          error,
          reading: false,
          age: undefined,
        });
      case 'scope': {
        const scope = scopeOf(node.scope)!;
        const shown = contents.shownEntries(scope);
        return scopeRow(sandbox, scope, shown.length, sum(shown));
      }
      case 'group': {
        const group = contents.groupOf(sandbox, node.scope, node.group)!;
        return groupRow(sandbox, group, sum(group.entries));
      }
      case 'entry': {
        const entry = entryOf(node.scope, node.key)!;
        return entryRow(sandbox, entry, statesAt(entry, atMs), tokens.of(sandbox, entry), atMs);
      }
      case 'problem':
        return undefined;
    }
  };
  const draw = (node: SandboxTreeNode, depth = 0): string => {
    const row = rowOf(node);
    const text = row === undefined ? '! problem' : `${row.label.slice(0, 44)}  ${row.description}`;
    return [`${'  '.repeat(depth)}${text}`, ...contents.childrenOf(node).map((child) => draw(child, depth + 1))].join(
      '\n',
    );
  };
  return { contents, sandbox, root: pool.sandbox(sandbox), draw };
}

function ids({ contents, root }: DrawnTree): string[] {
  const walk = (node: SandboxTreeNode): string[] => [node.id, ...contents.childrenOf(node).flatMap(walk)];
  return walk(root);
}

describe('The tree of sandbox caches', () => {
  let typical: CacheSnapshot;
  before(async () => {
    typical = await snapshotOf(golden);
  });

  it('draws a working cache with the state of every entry', () => {
    const tree = treeOf(typical);
    assert.equal(`${tree.draw(tree.root)}\n`, readFileSync(drawn, 'utf8'));
  });

  it('gives every row one id of its own, shaped like a path', () => {
    const all = ids(treeOf(typical));
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.every((id) => id === 'demo' || id.startsWith('demo/')));
  });

  it('hands out the same object for a row each time, since the editor knows rows by it', () => {
    const { contents, root } = treeOf(typical);
    const [first] = contents.childrenOf(root);
    assert.equal(contents.childrenOf(root)[0], first);
  });

  it('finds the way from every row back to its sandbox', () => {
    const { contents, root } = treeOf(typical);
    const check = (node: SandboxTreeNode): void => {
      for (const child of contents.childrenOf(node)) {
        assert.equal(contents.parentOf(child), node);
        check(child);
      }
    };
    check(root);
  });

  it('shows the row of an entry wherever it is grouped', () => {
    const tree = treeOf(typical);
    const entry = typical.scopes
      .flatMap(({ entries }) => entries)
      .find(({ key }) => key.startsWith('tool_output_read'))!;
    assert.equal(
      tree.contents.nodeOf(tree.sandbox, entry).id,
      'demo/artifacts/tool:read_file/tool_output_read_file_call_rf_call_rf',
    );
  });

  it('leaves what the filter leaves, and says so', () => {
    const tree = treeOf(typical, { filter: 'state:corrupt' });
    assert.deepEqual(
      ids(tree).filter((id) => id.split('/').length > 3 && !id.endsWith('/')),
      ['demo/task//summary_09208a65-0f3e-4dd3-902b-938b8743feb6'],
    );
    assert.match(tree.draw(tree.root), /task {2}.*1 of 24 entries/);
  });

  it('sorts within the groups', () => {
    const tree = treeOf(typical, { sort: 'size' });
    const instructions = tree.contents.childrenOf(tree.root)[1]!;
    const sizes = tree.contents
      .childrenOf(instructions)
      .map(
        (node) => typical.scopes[1]!.entries.find(({ key }) => node.kind === 'entry' && key === node.key)!.fileBytes!,
      );
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => b - a),
    );
  });

  it('counts the time left down without reading again', () => {
    const later = treeOf(typical, { atMs: nowMs + 60 * 24 * 3_600_000 });
    const text = later.draw(later.root);
    assert.doesNotMatch(text, /\d left/);
    assert.match(text, /expired 5\d d ago/);
  });

  it('keeps the last good rows below the reason why the latest look failed', () => {
    const { contents, root, draw } = treeOf(typical, { error: new Error('gone') });
    assert.equal(contents.childrenOf(root)[0]?.kind, 'problem');
    assert.equal(contents.childrenOf(root).length, 6);
    assert.match(draw(root).split('\n')[0]!, /last good state$/);
  });

  it('shows an index that can not be read as a row of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'context-cache-tree-'));
    try {
      await cp(golden, folder, { recursive: true });
      await writeFile(join(folder, 'task', '_index.json'), '{"summary_1": ');
      const { contents, root } = treeOf(await snapshotOf(folder));
      const task = contents.childrenOf(root)[3]!;
      assert.deepEqual(
        contents.childrenOf(task).map(({ kind }) => kind),
        ['problem'],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
