import assert from 'node:assert/strict';
import { addFoldersAbove, createFolderFilter } from '../../../src/vscode/instructions/ignoredFolders';

describe('ignored folders', () => {
  const isIgnored = createFolderFilter(
    [
      { folder: '', text: 'build/\n/generated\n.claude\nshelf\nCLAUDE.local.md\n' },
      { folder: 'packages/one', text: 'out\n!keep\n' },
    ],
    ['shelf/instructions'],
  );

  const table: readonly (readonly [string, boolean])[] = [
    ['AGENTS.md', false],
    ['build/AGENTS.md', true],
    ['packages/two/build/deep/AGENTS.md', true],
    ['generated/AGENTS.md', true],
    ['packages/generated/AGENTS.md', false],
    ['packages/one/out/AGENTS.md', true],
    ['packages/two/out/AGENTS.md', false],
    // Ignored files in folders that are not ignored are loaded by harnesses.
    ['CLAUDE.local.md', false],
    // Settings folders and the library are read even where Git ignores them.
    ['.claude/rules/style.md', false],
    ['shelf/instructions/a.md', false],
    ['shelf/other/AGENTS.md', true],
  ];
  for (const [path, expected] of table) {
    it(`${expected ? 'ignores' : 'keeps'} ${path}`, () => {
      assert.equal(isIgnored(path), expected);
    });
  }

  it('names the folders whose rules can matter', () => {
    const folders = new Set<string>();
    for (const path of ['a/b/c.md', 'a/b/d.md', 'a/e/f.md', 'x.md']) {
      addFoldersAbove(path, folders);
    }
    assert.deepEqual([...folders].sort(), ['', 'a', 'a/b', 'a/e']);
  });
});
