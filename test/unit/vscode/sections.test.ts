import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atOnce } from '../../../src/core/turns';
import { frontMatterEnd, sectionsOf as findSections } from '../../../src/vscode/tokens/sections';
import type { Section } from '../../../src/vscode/tokens/sections';

const sectionsOf = (text: string): Section[] => atOnce(findSections(text));

/** The sections as an outline, each with its text and how much of it is its own. */
function outline(text: string): string[] {
  return sectionsOf(text).map(
    ({ depth, title, start, end, own }) =>
      `${'>'.repeat(depth)} ${title} [${JSON.stringify(text.slice(start, end))}] own ${own.map(([from, to]) => to - from).join('+')}`,
  );
}

/** Titles, indented as the sections lie in one another, each with its own text. */
function nesting(text: string): string[] {
  return sectionsOf(text).map(
    ({ depth, title, own }) =>
      `${'  '.repeat(depth)}${title}: ${own.map(([from, to]) => text.slice(from, to)).join('|')}`,
  );
}

describe('sections', () => {
  it('nests by level and ends at the next heading of the level or above', () => {
    assert.deepEqual(outline('# A\na\n## B\nb\n# C\n'), [
      ' A ["# A\\na\\n## B\\nb\\n"] own 6',
      '> B ["## B\\nb\\n"] own 7',
      ' C ["# C\\n"] own 4',
    ]);
  });

  it('keeps what stands before the first heading', () => {
    assert.deepEqual(outline('hello\n# A'), [' Introduction ["hello\\n"] own 6', ' A ["# A"] own 3']);
    assert.deepEqual(outline('---\nname: x\n# not a heading\n---\n# A'), [
      ' Front matter and introduction ["---\\nname: x\\n# not a heading\\n---\\n"] own 32',
      ' A ["# A"] own 3',
    ]);
  });

  it('sees no heading in code and comments', () => {
    assert.deepEqual(outline('```sh\n# comment\n```\n<!--\n# hidden\n-->\n'), []);
    assert.deepEqual(
      sectionsOf('# A\n```\n# x\n```\n## B').map(({ title }) => title),
      ['A', 'B'],
    );
  });

  it('reads underlined headings, but not rules, tables and lists', () => {
    assert.deepEqual(
      sectionsOf('Title\n=====\n\nSub\n---\n').map(({ depth, title }) => [depth, title]),
      [
        [0, 'Title'],
        [1, 'Sub'],
      ],
    );
    assert.deepEqual(sectionsOf('- item\n---\n\n| a |\n---\n\ntext\n\n---\n'), []);
  });

  it('drops closing marks and keeps line ends of all kinds', () => {
    assert.deepEqual(
      sectionsOf('## A ##\r\nx\r# B\n#nothing\n').map(({ title, start }) => [title, start]),
      [
        ['A', 0],
        ['B', 11],
      ],
    );
  });

  it('reads closing marks only behind white space, however long a line is', () => {
    assert.deepEqual(
      sectionsOf('# A#\n# B \\#\n# #\n#\n#\tC\t##\t\n').map(({ title }) => title),
      ['A#', 'B \\#', '', '', 'C'],
    );
    const blanks = ' '.repeat(200_000);
    assert.deepEqual(
      sectionsOf(`# A${blanks}B\n`).map(({ title }) => title),
      [`A${blanks}B`],
    );
  });

  it('finds the end of the front matter', () => {
    assert.equal(frontMatterEnd('---\na: 1\n---\nx'), 13);
    assert.equal(frontMatterEnd('---\n---\n'), 8);
    assert.equal(frontMatterEnd('text\n---\n---\n'), 0);
    assert.equal(frontMatterEnd('--- \n not closed'), 0);
  });

  it('takes a tag that stands alone on its line for a part, and what follows its end for the part around it', () => {
    assert.deepEqual(nesting('# A\na\n<rules level="1">\nr\n## B\nb\n</rules>\nmore\n# C\n'), [
      'A: # A\na\n|more\n',
      '  <rules>: <rules level="1">\nr\n',
      '    B: ## B\nb\n</rules>\n',
      'C: # C\n',
    ]);
    assert.deepEqual(nesting('<do>\n<see>\nx\n</see>\n\n</do>\n\nrest\n<do>\ny\n</do>'), [
      '<do>: <do>\n|\n</do>\n',
      '  <see>: <see>\nx\n</see>\n',
      'Outside of the parts: \nrest\n',
      '<do>: <do>\ny\n</do>',
    ]);
  });

  it('takes tags that are not closed, that are in code, or that only lay out, for text', () => {
    assert.deepEqual(sectionsOf('<do>\ntext\n</see>\n'), []);
    assert.deepEqual(sectionsOf('```\n<do>\n</do>\n```\n<!--\n<see>\n</see>\n-->\n'), []);
    assert.deepEqual(sectionsOf('<details>\ntext\n</details>\na <x> b\n<y/>\n'), []);
    assert.deepEqual(nesting('<do>\n<see>\n</do>\n</see>\n'), [
      '<do>: <do>\n<see>\n</do>\n',
      'Outside of the parts: </see>\n',
    ]);
  });

  it('reads the turns of a chat where the text begins with one, and nowhere else', () => {
    assert.deepEqual(nesting('---\nmodel: x\n---\nsystem:\n# Be\nkind\n\n**User:**\nhi\nassistant:\nyes\n'), [
      'Front matter and introduction: ---\nmodel: x\n---\n',
      'system: system:\n',
      '  Be: # Be\nkind\n\n',
      'user: **User:**\nhi\n',
      'assistant: assistant:\nyes\n',
    ]);
    assert.deepEqual(sectionsOf('Say this:\n\nuser:\nhi\n'), []);
  });

  it('covers any text without gaps, each stretch once', () => {
    const piece = fc.constantFrom(
      '# A\n',
      '## B\r\n',
      'text\n',
      '```\n',
      '\n',
      '---\n',
      'x',
      '<!--',
      '-->',
      '    ',
      '===\n',
      '<do>\n',
      '</do>\n',
      '<see>\n',
      '</see>\r\n',
      'user:\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const sections = sectionsOf(text);
        const stretches = sections.flatMap(({ own }) => own).sort(([a], [b]) => a - b);
        let at = stretches[0]?.[0] ?? text.length;
        assert.equal(text.slice(0, at).trim() === '' || sections.length === 0, true);
        for (const [start, end] of stretches) {
          assert.ok(start === at && end > start);
          at = end;
        }
        assert.equal(at, text.length);
        sections.forEach(({ start, end, depth, own }, index) => {
          assert.ok(start >= (sections[index - 1]?.start ?? 0));
          const outer = sections.slice(0, index).filter((one) => one.start <= start && one.end > start);
          assert.equal(outer.length, depth);
          assert.ok(outer.every((one) => one.end >= end));
          assert.ok(own.length > 0);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time in proportion to the text, whatever stands in it', () => {
    const hostile = [
      '<do>\n'.repeat(20_000),
      '<see>\n'.repeat(20_000),
      '</end>\n'.repeat(20_000),
      '</do>\n'.repeat(20_000),
    ];
    assert.equal(sectionsOf(hostile.join('')).length, 20_000);
  });
});
