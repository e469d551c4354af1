import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { isInside, scanMarkdown, withoutRanges } from '../../../src/core/instructions/markdownRegions';
import {
  candidatePaths,
  findMentions,
  joinInside,
  meansFile,
  withoutTail,
} from '../../../src/core/instructions/mentions';
import { withoutComments } from '../../../src/core/instructions/imports';
import { TextLines } from '../../../src/core/instructions/textLines';

const mentioned = (text: string): string[] => findMentions(text, 'at-path').map(({ path }) => path);

describe('mentions of files', () => {
  const rows: readonly (readonly [name: string, text: string, paths: readonly string[]])[] = [
    ['at the start', '@a.md', ['a.md']],
    ['in a sentence', 'See @docs/a.md for more, and @b.md.', ['docs/a.md', 'b.md.']],
    ['with blanks', 'See @my\\ docs/a.md', ['my docs/a.md']],
    ['upwards, home, absolute', '@../a.md @~/b.md @/c.md @./d.md', ['../a.md', '~/b.md', '/c.md', './d.md']],
    ['in a list', '- @a.md\n  - @b.md\n1. @c.md', ['a.md', 'b.md', 'c.md']],
    ['in a nested list with deep indentation', '- one\n\n    @a.md\n', ['a.md']],
    ['not in an address', 'me@example.md', []],
    ['not two marks', '@@a.md', []],
    ['not in a code span', '`@a.md` and ``x ` @b.md``', []],
    ['not in a span over two lines', '`code\n@a.md` @b.md', ['b.md']],
    ['behind a lone back tick', '` @a.md', ['a.md']],
    ['a back tick does not reach over a blank line', '`\n\n@a.md `', ['a.md']],
    ['a back tick does not reach into the next item', '- a ` b\n- @a.md ` c', ['a.md']],
    ['an escaped back tick opens nothing', '\\`@a.md \\` @b.md', ['b.md']],
    ['not in a fence', '```\n@a.md\n```\n@b.md', ['b.md']],
    ['not in a fence with an info', '~~~ts title="x"\n@a.md\n~~~\n@b.md', ['b.md']],
    ['a fence ends with as many marks', '````\n```\n@a.md\n````\n@b.md', ['b.md']],
    ['a fence of one kind is not ended by the other', '```\n~~~\n@a.md', []],
    ['an open fence goes to the end', '```\n@a.md', []],
    ['a fence in a list', '- x\n  ```\n  @a.md\n  ```\n  @b.md', ['b.md']],
    ['not in indented code', 'Text.\n\n    @a.md\n\n@b.md', ['b.md']],
    ['an indented line of a paragraph is none', 'Text\n    @a.md', ['a.md']],
    ['with CRLF', '```\r\n@a.md\r\n```\r\n@b.md\r\n', ['b.md']],
    ['not what can be no path', '@(x) @#y @*', []],
  ];
  for (const [name, text, paths] of rows) {
    it(name, () => {
      deepEqual(mentioned(text), paths);
    });
  }

  it('point at their place', () => {
    const text = 'See\n  @docs/a.md.';
    const [mention] = findMentions(text, 'at-path');
    equal(text.slice(mention!.start, mention!.end), '@docs/a.md.');
    deepEqual(new TextLines(text).position(mention!.start), { line: 1, character: 2 });
  });

  it('in block comments do not count where comments are removed', () => {
    const text = '<!-- @a.md -->\n@b.md\n<!--\n@c.md\n-->\nx <!-- @d.md -->';
    deepEqual(
      findMentions(text, 'at-path', true).map(({ path }) => path),
      ['b.md', 'd.md'],
    );
    equal(findMentions(text, 'at-path').length, 4);
  });

  it('as links to files', () => {
    const text = 'Use #[[file:api/openapi.yaml]] and `#[[file:x]]`, not #[file:y].';
    deepEqual(
      findMentions(text, 'file-link').map(({ path }) => path),
      ['api/openapi.yaml'],
    );
  });

  it('are told from handles, packages and aliases', () => {
    const certain = (path: string): boolean => meansFile({ path, start: 0, end: 0 }, 'at-path');
    deepEqual(
      ['alice', 'types/node', 'angular/core', '/components/x', 'Override', 'example.com', 'param'].map(certain),
      Array.from({ length: 7 }, () => false),
    );
    deepEqual(
      ['docs/a.md', 'a.md.', './x', '../x', '~/x', 'package.json', 'a.md#part'].map(certain),
      Array.from({ length: 7 }, () => true),
    );
  });

  it('end before the marks of the sentence, however many follow or stand in it', () => {
    deepEqual(['a.md.', 'a.md?)', 'a.md#part,', 'a.m_d_', '...'].map(withoutTail), [
      'a.md',
      'a.md',
      'a.md',
      'a.m_d',
      '',
    ]);
    const marks = '.,;'.repeat(100_000);
    deepEqual([withoutTail(`a${marks}b`), withoutTail(`a${marks}`)], [`a${marks}b`, 'a']);
  });

  it('are resolved from the folder of the file, never out of the root', () => {
    const paths = (path: string, from: string): readonly string[] | undefined =>
      candidatePaths({ path, start: 0, end: 0 }, from, 'at-path');
    deepEqual(paths('a.md.', 'docs'), ['docs/a.md.', 'docs/a.md']);
    deepEqual(paths('../b.md#x', 'docs/in'), ['docs/b.md']);
    equal(paths('../../b.md', 'docs'), undefined);
    equal(joinInside('a', '../../b'), undefined);
    equal(joinInside('a', '..\\b\\.\\c'), 'b/c');
  });
});

describe('block comments', () => {
  const rows: readonly (readonly [name: string, text: string, kept: string])[] = [
    ['a line of their own', 'a\n<!-- x -->\nb', 'a\nb'],
    ['several lines', 'a\n<!--\nx\n-->\nb', 'a\nb'],
    ['text behind stays', '<!-- x --> b', ' b'],
    ['within a line stay', 'a <!-- x --> b', 'a <!-- x --> b'],
    ['in code stay', '```\n<!-- x -->\n```', '```\n<!-- x -->\n```'],
    ['deeply indented stay', '    <!-- x -->', '    <!-- x -->'],
    ['unclosed stay', 'a\n<!-- x\nb', 'a\n<!-- x\nb'],
    ['hide a fence', '<!--\n```\n-->\n<!-- y -->\nb', 'b'],
    ['two in a row', '<!-- a -->\n<!-- b -->\nc', 'c'],
  ];
  for (const [name, text, kept] of rows) {
    it(name, () => {
      equal(withoutComments(text), kept);
    });
  }
});

describe('regions of Markdown', () => {
  const piece = fc.constantFrom(
    ...[
      '`',
      '``',
      '```',
      '~~~',
      '\n',
      '\r\n',
      '\r',
      '    ',
      '\t',
      '- ',
      '1. ',
      '> ',
      '# ',
      '<!--',
      '-->',
      '@a.md',
      ' ',
    ],
    ...['\\', 'x', '#[[file:a]]', '\uD83D\uDE00', '\uD800'],
  );

  it('are sorted, apart, inside the text, and agree with looking up', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        const text = pieces.join('');
        const regions = scanMarkdown(text);
        for (const ranges of [regions.code, regions.blockComments]) {
          let before = 0;
          for (const [start, end] of ranges) {
            ok(start >= before && end > start && end <= text.length, JSON.stringify({ text, ranges }));
            before = end;
          }
          for (let at = 0; at < text.length; at++) {
            equal(
              isInside(ranges, at),
              ranges.some(([start, end]) => at >= start && at < end),
            );
          }
          const removed = ranges.reduce((sum, [start, end]) => sum + end - start, 0);
          equal(withoutRanges(text, ranges).length, text.length - removed);
        }
        for (const mention of findMentions(text, 'at-path')) {
          equal(text[mention.start], '@');
          ok(!isInside(regions.code, mention.start));
        }
      }),
      { numRuns: 3000, seed: 20261121 },
    );
  });

  it('are found in linear time in hostile texts', () => {
    for (const unit of ['`', '` ', '`\n', '<!--\n', '```\n', '- `\n', '``` `\n', '@', '@a\\', '> > ']) {
      const text = unit.repeat(400_000 / unit.length);
      const steps = findMentions(`${text} @a.md`, 'at-path').length;
      ok(steps >= 0);
    }
  });
});
