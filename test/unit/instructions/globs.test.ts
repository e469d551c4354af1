import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { expandedCount, folderGlob, matchesGlob, splitPatterns, toGlob } from '../../../src/core/instructions/globs';
import type { PatternStyle } from '../../../src/core/instructions/globs';
import { accountFor, instructionsFor } from '../../../src/core/instructions/accountFor';
import { indexOf, lengthCounts, userRoot } from './support';

describe('patterns', () => {
  it('are split at commas outside of braces', () => {
    deepEqual(splitPatterns('a,b'), ['a', 'b']);
    deepEqual(splitPatterns(' **/*.{ts,tsx} , [a,b].md,, @(x,y), c\\,d '), [
      '**/*.{ts,tsx}',
      '[a,b].md',
      '@(x,y)',
      'c\\,d',
    ]);
    deepEqual(splitPatterns(' , '), []);
  });

  const rows: readonly (readonly [
    written: string,
    style: PatternStyle,
    yes: readonly string[],
    no: readonly string[],
  ])[] = [
    ['*.ts', 'anywhere', ['a.ts', 'x/y/a.ts'], ['a.tsx']],
    ['src/*.ts', 'anywhere', ['src/a.ts', 'pkg/src/a.ts'], ['src/x/a.ts']],
    ['/src/*.ts', 'anywhere', ['src/a.ts'], ['pkg/src/a.ts']],
    ['./src/*.ts', 'anywhere', ['src/a.ts'], []],
    ['*.ts', 'name-anywhere', ['a.ts', 'x/a.ts'], []],
    ['src/*.ts', 'name-anywhere', ['src/a.ts'], ['x/src/a.ts']],
    ['*.md', 'relative', ['a.md'], ['x/a.md']],
    ['src/', 'relative', ['src/a', 'src/b/c'], ['a']],
    ['**/*.{ts,tsx}', 'relative', ['a.ts', 'x/y.tsx'], ['a.js']],
    ['**', 'relative', ['a', 'x/.hidden/b'], []],
    ['.github/**', 'relative', ['.github/a/b.yml'], ['x/.github/a']],
    ['[', 'relative', [], ['a']],
  ];
  for (const [written, style, yes, no] of rows) {
    it(`${written} (${style})`, () => {
      const glob = toGlob(written, style);
      deepEqual(
        [yes.map((path) => matchesGlob(path, glob)), no.map((path) => matchesGlob(path, glob))],
        [yes.map(() => true), no.map(() => false)],
      );
      equal(glob.written, written);
    });
  }

  it('are bound to the folder that they are written for, whatever its name', () => {
    for (const base of ['pkg', 'a[1]', 'x(y)', '{a,b}', 'we?rd*']) {
      equal(matchesGlob(`${base}/src/a.ts`, toGlob('*.ts', 'name-anywhere', base)), true, base);
      equal(matchesGlob(`${base}/x`, folderGlob(base)), true, base);
      equal(matchesGlob('other/a.ts', toGlob('*.ts', 'name-anywhere', base)), false, base);
    }
    equal(matchesGlob('x', folderGlob('')), true);
  });

  it('are counted with their braces expanded', () => {
    deepEqual(
      ['a', '{a,b}', '{a,b}{c,d,e}', '{a,{b,c}}', '{a,{b,c}{d,e}}', '\\{a,b}', '{a', '{a,b}{c', '}{a,b}'].map(
        expandedCount,
      ),
      [1, 2, 6, 3, 5, 1, 1, 2, 2],
    );
    equal(expandedCount('{a,b}'.repeat(5000)), 1001);
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 20 }), (pattern, path) => {
        splitPatterns(pattern);
        expandedCount(pattern);
        matchesGlob(path, toGlob(pattern, 'anywhere'));
      }),
      { numRuns: 2000, seed: 20261121 },
    );
  });
});

describe('instructions for a file', () => {
  it('are those that are loaded for it, and those that can be fetched, each with its reason', async () => {
    const index = await indexOf(
      {
        'CLAUDE.md': 'x',
        'pkg/CLAUDE.md': 'x',
        'other/CLAUDE.md': 'x',
        '.claude/rules/ts.md': '---\npaths: ["**/*.ts"]\n---\nx',
        '.claude/rules/py.md': '---\npaths: "**/*.py"\n---\nx',
        '.claude/skills/s/SKILL.md': '---\nname: s\ndescription: S.\n---\nx',
      },
      { roots: [userRoot({ '.claude/rules/mine.md': '---\npaths: "pkg/**"\n---\nx' })] },
    );
    const { files } = await accountFor('claude-code', index, lengthCounts());
    deepEqual(
      instructionsFor('pkg/a.ts', 'ws', files).map(({ planned, isLoaded, why }) => [
        planned.file.shownPath,
        isLoaded,
        why,
      ]),
      [
        ['.claude/rules/ts.md', true, 'The file matches `**/*.ts`.'],
        ['.claude/skills/s/SKILL.md', false, 'Its description is always there; the text is loaded when it is needed.'],
        ['CLAUDE.md', true, 'Loaded in every request.'],
        ['pkg/CLAUDE.md', true, 'The file matches `pkg/**`.'],
        ['~/.claude/rules/mine.md', true, 'The file matches `pkg/**`.'],
      ],
    );
    deepEqual(instructionsFor('pkg/a.ts', 'another root', files).length, 1);
  });
});
