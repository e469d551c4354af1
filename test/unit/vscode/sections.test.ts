import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frontMatterEnd, sectionsOf } from '../../../src/vscode/tokens/sections';

/** The sections as an outline, each with its first and last line's text. */
function outline(text: string): string[] {
  return sectionsOf(text).map(
    ({ level, title, start, end, ownEnd }) =>
      `${'#'.repeat(level)} ${title} [${JSON.stringify(text.slice(start, end))}] own ${ownEnd - start}`,
  );
}

describe('sections', () => {
  it('nests by level and ends at the next heading of the level or above', () => {
    assert.deepEqual(outline('# A\na\n## B\nb\n# C\n'), [
      '# A ["# A\\na\\n## B\\nb\\n"] own 6',
      '## B ["## B\\nb\\n"] own 7',
      '# C ["# C\\n"] own 4',
    ]);
  });

  it('keeps what stands before the first heading', () => {
    assert.deepEqual(outline('hello\n# A'), [' Introduction ["hello\\n"] own 6', '# A ["# A"] own 3']);
    assert.deepEqual(outline('---\nname: x\n# not a heading\n---\n# A'), [
      ' Front matter and introduction ["---\\nname: x\\n# not a heading\\n---\\n"] own 32',
      '# A ["# A"] own 3',
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
      sectionsOf('Title\n=====\n\nSub\n---\n').map(({ level, title }) => [level, title]),
      [
        [1, 'Title'],
        [2, 'Sub'],
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

  it('finds the end of the front matter', () => {
    assert.equal(frontMatterEnd('---\na: 1\n---\nx'), 13);
    assert.equal(frontMatterEnd('---\n---\n'), 8);
    assert.equal(frontMatterEnd('text\n---\n---\n'), 0);
    assert.equal(frontMatterEnd('--- \n not closed'), 0);
  });

  it('covers any text without gaps', () => {
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
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const sections = sectionsOf(text);
        let at = sections[0]?.start ?? text.length;
        assert.equal(text.slice(0, at).trim() === '' || sections.length === 0, true);
        for (const section of sections) {
          assert.equal(section.start, at);
          assert.ok(section.end >= section.ownEnd && section.ownEnd > section.start);
          at = section.ownEnd;
        }
        assert.equal(at, text.length);
      }),
    );
  });
});
