import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { indexInstructions } from '../../../src/core/instructions/instructionIndex';
import type { InstructionIndex } from '../../../src/core/instructions/instructionIndex';
import { TokenCounts } from '../../../src/core/instructions/tokenCounts';
import { MemoryFiles } from './memoryFiles';
import { fileAt, indexOf, LengthCounter, lengthCounts, userRoot, workspaceRoot } from './support';

const ids = (index: InstructionIndex, path: string): string[] => fileAt(index, path).problems.map(({ id }) => id);

describe('instruction index', () => {
  it('knows the body and the front matter of a file', async () => {
    const text = '---\ntag: a\nttlHours: 24\n---\nBody\n';
    const file = fileAt(await indexOf({ 'instructions/a.md': text }), 'instructions/a.md');
    deepEqual(file.frontMatter, { tag: 'a', ttlHours: 24 });
    deepEqual(file.bodyRange, { startLine: 4, startCharacter: 0, endLine: 5, endCharacter: 0 });
    equal(text.slice(file.bodyStart), 'Body\n');
    equal(file.rawTokens, text.length);
    equal(file.location, '/ws/instructions/a.md');
  });

  describe('files that are not in order', () => {
    it('binary', async () => {
      const index = await indexOf({ 'AGENTS.md': { content: new Uint8Array([0x50, 0x4b, 0, 1]) } });
      deepEqual([ids(index, 'AGENTS.md'), fileAt(index, 'AGENTS.md').rawTokens], [['binary'], 0]);
    });

    it('invalid UTF-8, which counts with replacement characters and is placed', async () => {
      const bytes = Buffer.concat([Buffer.from('one\ntw'), Buffer.from([0xff]), Buffer.from('o')]);
      const file = fileAt(await indexOf({ 'AGENTS.md': { content: bytes } }), 'AGENTS.md');
      deepEqual(
        file.problems.map(({ id, range }) => [id, range?.startLine, range?.startCharacter]),
        [['invalid-utf8', 1, 2]],
      );
      equal(file.rawTokens, 'one\ntw\uFFFDo'.length);
    });

    it('a real replacement character is none', async () => {
      deepEqual(ids(await indexOf({ 'AGENTS.md': 'a \uFFFD b' }), 'AGENTS.md'), []);
    });

    it('100 MB, without being read', async () => {
      const files = new MemoryFiles({ 'AGENTS.md': { content: 'x', sizeBytes: 100 * 1024 * 1024 } });
      const index = await indexInstructions({ roots: [workspaceRoot(files)], counts: lengthCounts() });
      const file = fileAt(index, 'AGENTS.md');
      deepEqual(
        [file.problems.map(({ id }) => id), file.rawTokens, file.source.sizeBytes],
        [['too-large'], 0, 104857600],
      );
      deepEqual(files.reads, []);
    });

    it('read denied', async () => {
      const index = await indexOf({ 'AGENTS.md': { content: 'x', fails: 'forbidden' }, 'CLAUDE.md': 'ok' });
      deepEqual(ids(index, 'AGENTS.md'), ['unreadable']);
      equal(fileAt(index, 'CLAUDE.md').rawTokens, 2);
    });

    it('vanished between listing and reading', async () => {
      const index = await indexOf({ 'AGENTS.md': { content: 'x', fails: 'vanishes' }, 'CLAUDE.md': 'ok' });
      deepEqual(
        index.files.map(({ path }) => path),
        ['CLAUDE.md'],
      );
      deepEqual(
        index.findings.map(({ id, severity }) => [id, severity]),
        [['vanished', 'information']],
      );
    });

    it('a link out of the workspace', async () => {
      const index = await indexOf({ 'CLAUDE.md': { linksTo: '../secret.md' } });
      deepEqual([ids(index, 'CLAUDE.md'), fileAt(index, 'CLAUDE.md').rawTokens], [['outside-link'], 0]);
    });
  });

  describe('imports', () => {
    const statuses = (index: InstructionIndex, path: string): string[] =>
      fileAt(index, path).imports.map((one) => `${one.depth} ${one.path} ${one.status}`);

    it('are followed through files, each with its status', async () => {
      const index = await indexOf({
        'CLAUDE.md': '@docs/a.md\n@missing.md\n@alice @types/node\n@../out.md\n@docs/a.md',
        'docs/a.md': '@b.md',
        'docs/b.md': '@a.md and @../CLAUDE.md',
      });
      deepEqual(statuses(index, 'CLAUDE.md'), [
        '1 docs/a.md expanded',
        '2 b.md expanded',
        '3 a.md cycle',
        '3 ../CLAUDE.md cycle',
        '1 missing.md missing',
        '1 ../out.md outside',
        '1 docs/a.md duplicate',
      ]);
      deepEqual(
        fileAt(index, 'CLAUDE.md').problems.map(({ id, path, range }) => [id, path, range?.startLine]),
        [
          ['cyclic-import', '/ws/docs/b.md', 0],
          ['cyclic-import', '/ws/docs/b.md', 0],
          ['missing-import', '/ws/CLAUDE.md', 1],
          ['outside-import', '/ws/CLAUDE.md', 3],
        ],
      );
    });

    const chain = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`c${at + 1}.md`, `text ${at + 1} @c${at + 2}.md`]),
    );

    it('end after 4 hops for Claude Code and after 5 for Gemini', async () => {
      const index = await indexOf({ 'CLAUDE.md': '@c1.md', 'GEMINI.md': '@c1.md', ...chain });
      const last = (path: string): string => statuses(index, path).at(-1)!;
      deepEqual([last('CLAUDE.md'), last('GEMINI.md')], ['5 c5.md too-deep', '6 c6.md too-deep']);
      deepEqual([ids(index, 'CLAUDE.md'), ids(index, 'GEMINI.md')], [['deep-import'], ['deep-import']]);
    });

    it('reach the home folder only when it is indexed', async () => {
      const files = { 'CLAUDE.md': '@~/notes.md' };
      deepEqual(statuses(await indexOf(files), 'CLAUDE.md'), ['1 ~/notes.md outside']);
      const withHome = await indexOf(files, { roots: [userRoot({ 'notes.md': 'n' })] });
      deepEqual(statuses(withHome, 'CLAUDE.md'), ['1 ~/notes.md expanded']);
    });

    it('may be absolute inside the workspace', async () => {
      const index = await indexOf({ 'CLAUDE.md': '@/ws/a.md @/etc/a.md', 'a.md': 'x' });
      deepEqual(statuses(index, 'CLAUDE.md'), ['1 /ws/a.md expanded', '1 /etc/a.md outside']);
    });

    it('can not load binary, huge, linked-out or unreadable files', async () => {
      const index = await indexOf({
        'CLAUDE.md': '@a.md @b.md @c.md @d.md',
        'a.md': { content: new Uint8Array([0]) },
        'b.md': { content: '', sizeBytes: 1e9 },
        'c.md': { linksTo: '../x' },
        'd.md': { content: '', fails: 'forbidden' },
      });
      deepEqual(statuses(index, 'CLAUDE.md'), [
        '1 a.md binary',
        '1 b.md too-large',
        '1 c.md outside',
        '1 d.md unreadable',
      ]);
    });

    it('of Kiro name files from the root', async () => {
      const index = await indexOf({ '.kiro/steering/a.md': '#[[file:api/x.yaml]] #[[file:nope]]', 'api/x.yaml': 'x' });
      deepEqual(statuses(index, '.kiro/steering/a.md'), ['1 api/x.yaml expanded', '1 nope missing']);
    });
  });

  describe('again', () => {
    it('reads and counts only what changed', async () => {
      const files = new MemoryFiles({ 'AGENTS.md': 'one', 'CLAUDE.md': '@a.md', 'a.md': 'aa', 'pkg/AGENTS.md': 'two' });
      const counter = new LengthCounter();
      const counts = new TokenCounts(counter, 'o200k_base');
      const options = { roots: [workspaceRoot(files)], counts };
      const first = await indexInstructions(options);
      files.reads.length = 0;
      counter.counted.length = 0;

      files.set('pkg/AGENTS.md', 'three');
      const second = await indexInstructions({ ...options, previous: first });
      deepEqual(files.reads, ['pkg/AGENTS.md']);
      deepEqual(counter.counted, ['three']);
      equal(fileAt(second, 'pkg/AGENTS.md').rawTokens, 5);
      equal(fileAt(second, 'AGENTS.md').source, fileAt(first, 'AGENTS.md').source);
    });

    it('gives what a first index gives, whatever changed', async () => {
      const files = new MemoryFiles({ 'AGENTS.md': 'one', 'CLAUDE.md': '@a.md', 'a.md': 'aa', 'b/AGENTS.md': 'two' });
      const options = { roots: [workspaceRoot(files)], counts: lengthCounts() };
      let index = await indexInstructions(options);
      const steps: readonly (readonly [path: string, change: () => void])[] = [
        [
          'a.md',
          () => {
            files.set('a.md', 'changed @c.md');
          },
        ],
        [
          'c.md',
          () => {
            files.set('c.md', '@a.md');
          },
        ],
        [
          'a.md',
          () => {
            files.entries.delete('a.md');
          },
        ],
        [
          'b/AGENTS.md',
          () => {
            files.entries.delete('b/AGENTS.md');
          },
        ],
        [
          'b/GEMINI.md',
          () => {
            files.set('b/GEMINI.md', 'new');
          },
        ],
        [
          '.gemini/settings.json',
          () => {
            files.set('.gemini/settings.json', '{"contextFileName": "AGENTS.md"}');
          },
        ],
        [
          'AGENTS.md',
          () => {
            files.set('AGENTS.md', { content: 'two', modifiedMs: 1001 });
          },
        ],
      ];
      for (const [path, change] of steps) {
        change();
        index = await indexInstructions({ ...options, previous: index, changed: [{ rootId: 'ws', path }] });
        const fresh = await indexInstructions(options);
        const shown = (one: InstructionIndex): unknown => [
          one.files.map(({ path: at, rawTokens, source, imports, problems }) => [
            at,
            rawTokens,
            source.text,
            imports,
            problems,
          ]),
          one.roots.map(({ geminiFileNames }) => geminiFileNames),
        ];
        deepEqual(shown(index), shown(fresh), path);
      }
    });

    it('looks at nothing else when told what changed', async () => {
      const files = new MemoryFiles({ 'AGENTS.md': 'one', 'CLAUDE.md': '@a.md', 'a.md': 'aa' });
      const options = { roots: [workspaceRoot(files)], counts: lengthCounts() };
      const previous = await indexInstructions(options);
      const looked: string[] = [];
      const stat = files.stat.bind(files);
      files.stat = async (path) => {
        looked.push(path);
        return stat(path);
      };
      files.lists.length = 0;
      await indexInstructions({ ...options, previous, changed: [{ rootId: 'ws', path: 'AGENTS.md' }] });
      deepEqual([looked, files.lists], [['AGENTS.md'], []]);
    });

    it('does not take up a file in an ignored folder', async () => {
      const files = new MemoryFiles({ '.gitignore': 'dist\n', 'AGENTS.md': 'one' });
      const options = { roots: [workspaceRoot(files)], counts: lengthCounts() };
      const previous = await indexInstructions(options);
      files.set('dist/AGENTS.md', 'x');
      files.set('.claude/rules/a.md', 'x');
      const changed = ['dist/AGENTS.md', '.claude/rules/a.md'].map((path) => ({ rootId: 'ws', path }));
      const index = await indexInstructions({ ...options, previous, changed });
      deepEqual(
        index.files.map(({ path }) => path),
        ['.claude/rules/a.md', 'AGENTS.md'],
      );
    });

    it('counts all anew in another encoding, without reading', async () => {
      const files = new MemoryFiles({ 'AGENTS.md': 'one' });
      const roots = [workspaceRoot(files)];
      const previous = await indexInstructions({ roots, counts: lengthCounts() });
      files.reads.length = 0;
      const counter = new LengthCounter();
      const counts = new TokenCounts(counter, 'cl100k_base');
      const index = await indexInstructions({ roots, counts, previous });
      deepEqual([files.reads, counter.counted, index.encoding], [[], ['one'], 'cl100k_base']);
    });
  });

  it('reports progress and can be cancelled', async () => {
    const files = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`p${at}/AGENTS.md`, `text ${at}`]));
    const seen: number[] = [];
    await indexOf(files, { options: { progress: { report: ({ done, total }) => seen.push(done / total) } } });
    equal(seen.at(-1), 1);
    deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );

    const abort = new AbortController();
    const cancelling = indexOf(files, {
      options: {
        signal: abort.signal,
        progress: {
          report: () => {
            abort.abort();
          },
        },
      },
    });
    await rejects(cancelling, { code: 'cancelled' });
  });

  it('fails when counting fails', async () => {
    const counter = new LengthCounter();
    counter.countAll = async () => Promise.reject(new Error('the worker died'));
    const counting = indexOf({ 'AGENTS.md': 'x' }, { options: { counts: new TokenCounts(counter, 'o200k_base') } });
    await rejects(counting, (error: Error) => {
      match(error.message, /worker died/);
      return true;
    });
  });

  it('indexes nothing without complaint', async () => {
    const index = await indexOf({});
    deepEqual([index.files, index.findings], [[], []]);
  });
});
