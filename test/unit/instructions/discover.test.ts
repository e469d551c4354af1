import { deepEqual, equal, rejects } from 'node:assert/strict';
import { discoverInstructions } from '../../../src/core/instructions/discover';
import { claudeProjectName } from '../../../src/core/instructions/instructionRoot';
import type { InstructionRoot } from '../../../src/core/instructions/instructionRoot';
import { MemoryFiles } from './memoryFiles';
import type { MemoryFile } from './memoryFiles';
import { workspaceRoot } from './support';

async function found(
  files: Readonly<Record<string, string | MemoryFile>>,
  more: Partial<InstructionRoot> = {},
): Promise<string[]> {
  const discovery = await discoverInstructions(workspaceRoot(new MemoryFiles(files), more));
  return discovery.files.map(({ path }) => path);
}

describe('discovery', () => {
  it('sorts bytewise and looks into every folder', async () => {
    deepEqual(
      await found({ 'b/AGENTS.md': '', 'AGENTS.md': '', 'a/é/AGENTS.md': '', 'a/Z/AGENTS.md': '', 'x.ts': '' }),
      ['AGENTS.md', 'a/Z/AGENTS.md', 'a/é/AGENTS.md', 'b/AGENTS.md'],
    );
  });

  it('looks into no folder of packages, versions or copies', async () => {
    const files = new MemoryFiles({
      'node_modules/x/AGENTS.md': '',
      '.git/AGENTS.md': '',
      'a/.venv/x/CLAUDE.md': '',
      '.claude/worktrees/one/CLAUDE.md': '',
      'worktrees/CLAUDE.md': '',
    });
    const discovery = await discoverInstructions(workspaceRoot(files));
    deepEqual(
      discovery.files.map(({ path }) => path),
      ['worktrees/CLAUDE.md'],
    );
    deepEqual([...files.lists].sort(), ['', '.claude', 'a', 'worktrees']);
    equal(discovery.folderCount, 4);
  });

  it('prunes folders that Git ignores, but not ignored files nor settings folders', async () => {
    deepEqual(
      await found(
        {
          '.gitignore': 'dist/\n/out\nCLAUDE.local.md\n.claude/\nignored-library\n',
          'CLAUDE.local.md': '',
          'dist/AGENTS.md': '',
          'out/AGENTS.md': '',
          'pkg/dist/AGENTS.md': '',
          'pkg/out/AGENTS.md': '',
          '.claude/rules/a.md': '',
          'pkg/.gitignore': 'gen\n!kept\n',
          'pkg/gen/AGENTS.md': '',
          'pkg/src/gen/AGENTS.md': '',
          'gen/AGENTS.md': '',
          'ignored-library/x.md': '',
        },
        { libraryFolders: ['ignored-library'] },
      ),
      ['.claude/rules/a.md', 'CLAUDE.local.md', 'gen/AGENTS.md', 'ignored-library/x.md', 'pkg/out/AGENTS.md'],
    );
  });

  it('follows links to files anywhere and to folders below settings folders, but not in circles', async () => {
    deepEqual(
      await found({
        'AGENTS.md': 'x',
        'CLAUDE.md': { linksTo: 'AGENTS.md' },
        '.agents/skills/a/SKILL.md': 'x',
        '.claude/skills': { linksTo: '.agents/skills' },
        '.agents/skills/loop': { linksTo: '.agents' },
        'pkg/AGENTS.md': 'x',
        linked: { linksTo: 'pkg' },
      }),
      ['.agents/skills/a/SKILL.md', '.claude/skills/a/SKILL.md', 'AGENTS.md', 'CLAUDE.md', 'pkg/AGENTS.md'],
    );
  });

  it('reports a folder that is a link out', async () => {
    const files = new MemoryFiles({ '.cursor/rules': { linksTo: '../elsewhere' } });
    const { findings } = await discoverInstructions(workspaceRoot(files));
    deepEqual(
      findings.map(({ id, path }) => [id, path]),
      [['outside-link', '/ws/.cursor/rules']],
    );
  });

  it('takes what the host found, without what lies in skipped folders', async () => {
    const files = Object.assign(new MemoryFiles({}), {
      find: async () =>
        Promise.resolve(['AGENTS.md', 'node_modules/a/AGENTS.md', 'src/a.ts', '.claude/worktrees/x/CLAUDE.md']),
    });
    const discovery = await discoverInstructions(workspaceRoot(files));
    deepEqual([discovery.files.map(({ path }) => path), discovery.folderCount], [['AGENTS.md'], undefined]);
    deepEqual(files.lists, []);
  });

  it('looks into a library wherever it is said to be', async () => {
    deepEqual(await found({ 'instructions/a.md': '', 'docs/agents/b.md': '' }, { libraryFolders: ['docs/agents'] }), [
      'docs/agents/b.md',
    ]);
    deepEqual(await found({ 'a.md': '', 'deep/b.md': '', 'README.md': '' }, { kind: 'library' }), [
      'a.md',
      'deep/b.md',
    ]);
  });

  it('looks above the workspace only for files that count there', async () => {
    const files = {
      'CLAUDE.md': '',
      'AGENTS.md': '',
      'GEMINI.md': '',
      '.claude/rules/a.md': '',
      'other/CLAUDE.md': '',
    };
    deepEqual(await found(files, { kind: 'ancestor' }), ['.claude/rules/a.md', 'AGENTS.md', 'CLAUDE.md', 'GEMINI.md']);
    deepEqual(await found(files, { kind: 'ancestor', beyondRepository: true }), ['.claude/rules/a.md', 'CLAUDE.md']);
    deepEqual(await found(files, { kind: 'ancestor', beyondRepository: true, isHome: true }), ['CLAUDE.md']);
    deepEqual(await found(files, { kind: 'managed' }), ['.claude/rules/a.md', 'CLAUDE.md']);
  });

  it('names the memory of a workspace as Claude Code does', () => {
    equal(claudeProjectName('/home/me/my_project.v2'), '-home-me-my-project-v2');
  });

  it('rejects when the root itself can not be listed, and when cancelled', async () => {
    const failing = new MemoryFiles({});
    failing.list = async () => Promise.reject(new Error('gone'));
    await rejects(discoverInstructions(workspaceRoot(failing)), /gone/);
    const abort = new AbortController();
    abort.abort();
    await rejects(discoverInstructions(workspaceRoot(new MemoryFiles({ a: '' })), { signal: abort.signal }), {
      code: 'cancelled',
    });
  });

  it('reports a folder that can not be read and goes on', async () => {
    const files = new MemoryFiles({ 'a/AGENTS.md': '', 'b/AGENTS.md': '' });
    const list = files.list.bind(files);
    files.list = async (folder) => (folder === 'a' ? Promise.reject(new Error('denied')) : list(folder));
    const discovery = await discoverInstructions(workspaceRoot(files));
    deepEqual(
      discovery.files.map(({ path }) => path),
      ['b/AGENTS.md'],
    );
    deepEqual(
      discovery.findings.map(({ id, path }) => [id, path]),
      [['unreadable', '/ws/a']],
    );
  });
});
