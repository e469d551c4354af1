import { deepEqual, equal, rejects } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexInstructions } from '../../../src/core/instructions/instructionIndex';
import { nodeInstructionFiles } from '../../../src/core/instructions/nodeFiles';
import { fileAt, lengthCounts } from './support';

describe('files of a local folder', () => {
  let top: string;
  let root: string;

  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'context-cache-'));
    root = join(top, 'ws');
    await mkdir(join(root, 'pkg'), { recursive: true });
  });

  afterEach(async () => {
    await rm(top, { recursive: true, force: true });
  });

  it('are listed, told about and read', async () => {
    await writeFile(join(root, 'pkg', 'a.md'), 'text');
    await symlink('pkg', join(root, 'link'));
    const files = nodeInstructionFiles(root);
    const entries = [...(await files.list(''))].sort((a, b) => (a.name < b.name ? -1 : 1));
    deepEqual(entries, [
      { name: 'link', kind: 'link' },
      { name: 'pkg', kind: 'folder' },
    ]);
    const { modifiedMs, ...facts } = await files.stat('link/a.md');
    deepEqual(facts, { kind: 'file', sizeBytes: 4, realPath: 'pkg/a.md' });
    equal(modifiedMs > 0, true);
    equal(Buffer.from(await files.read('link/a.md', { maxBytes: 4 })).toString(), 'text');
    equal(files.locate('pkg/a.md'), join(root, 'pkg', 'a.md'));
  });

  it('reject with what is the matter', async () => {
    await writeFile(join(top, 'outside.md'), 'secret');
    await writeFile(join(root, 'big.md'), '12345');
    await symlink(join('..', 'outside.md'), join(root, 'out.md'));
    await symlink('self.md', join(root, 'self.md'));
    execFileSync('mkfifo', [join(root, 'pipe.md')]);
    const files = nodeInstructionFiles(root);
    equal((await files.stat('out.md')).kind, 'outside');
    equal((await files.stat('pipe.md')).kind, 'other');
    await rejects(files.read('out.md', { maxBytes: 10 }), { code: 'forbidden' });
    await rejects(files.read('big.md', { maxBytes: 4 }), { code: 'too-large' });
    await rejects(files.read('none.md', { maxBytes: 4 }), { code: 'not-found' });
    await rejects(files.read('pkg', { maxBytes: 4 }), { code: 'unsupported' });
    await rejects(files.read('pipe.md', { maxBytes: 4 }), { code: 'unsupported' });
    await rejects(files.read('self.md', { maxBytes: 4 }), { code: 'unavailable' });
    await rejects(files.list('nowhere'), { code: 'not-found' });
    const abort = new AbortController();
    abort.abort();
    await rejects(files.read('big.md', { maxBytes: 9, signal: abort.signal }), { code: 'cancelled' });
  });

  it('make no index fail', async () => {
    await writeFile(join(root, 'AGENTS.md'), 'ok');
    await writeFile(join(root, 'pkg', 'AGENTS.md'), '');
    await truncate(join(root, 'pkg', 'AGENTS.md'), 100 * 1024 * 1024);
    await symlink(join('..', '..', 'outside.md'), join(root, 'pkg', 'CLAUDE.md'));
    await symlink('nowhere.md', join(root, 'GEMINI.md'));
    await mkdir(join(root, 'sub'));
    execFileSync('mkfifo', [join(root, 'sub', 'AGENTS.md')]);
    await mkdir(join(root, '.claude', 'skills', 'loop'), { recursive: true });
    await symlink(join('..', '..'), join(root, '.claude', 'skills', 'loop', 'back'));
    await writeFile(join(root, 'denied.md'), 'x');
    await writeFile(join(root, 'CLAUDE.md'), '@denied.md');
    await chmod(join(root, 'denied.md'), 0);

    const roots = [{ id: 'ws', kind: 'workspace' as const, label: 'ws', files: nodeInstructionFiles(root) }];
    const index = await indexInstructions({ roots, counts: lengthCounts() });
    const problems = Object.fromEntries(index.files.map(({ path, problems: all }) => [path, all.map(({ id }) => id)]));
    // A super-user may read what is denied to others.
    const denied = process.getuid?.() === 0 ? [] : ['unreadable-import'];
    deepEqual(problems, {
      'AGENTS.md': [],
      'CLAUDE.md': denied,
      'pkg/AGENTS.md': ['too-large'],
    });
    equal(fileAt(index, 'AGENTS.md').rawTokens, 2);
    deepEqual(
      index.findings.map(({ id }) => id),
      ['vanished', 'vanished'],
    );
  });
});
