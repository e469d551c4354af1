import assert from 'node:assert/strict';
import fc from 'fast-check';
import { partsOf } from '../../../src/vscode/tokens/textParts';

describe('parts of a text', () => {
  it('tells lines apart by what they are', () => {
    const text = [
      '---\nname: x\n---\n',
      '# Title\n',
      '\n',
      'Some prose with `code`.\n`x` first\n',
      '- item\n- item\n',
      '```sh\n# comment\n\n```\n',
      '| a |\n| - |\n',
      '<!-- note\nmore -->\n',
    ];
    assert.deepEqual(
      partsOf(text.join('')).map(({ kind, start, end }) => [kind, text.join('').slice(start, end)]),
      [
        ['front matter', text[0]],
        ['heading', `${text[1]}${text[2]}`],
        ['prose', text[3]],
        ['list', text[4]],
        ['code', text[5]],
        ['table', text[6]],
        ['comment', text[7]],
      ],
    );
  });

  it('covers any text without gaps and without two neighbours of one kind', () => {
    const line = fc.constantFrom('# a', '- b', '```', '    x', '', '| c |', '<!--', '-->', 'word', '---', '`');
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), (lines, lineEnd) => {
        const text = lines.join(lineEnd);
        const parts = partsOf(text);
        let at = 0;
        parts.forEach((part, index) => {
          assert.equal(part.start, at);
          assert.ok(part.end > part.start);
          assert.notEqual(part.kind, parts[index + 1]?.kind);
          at = part.end;
        });
        assert.equal(at, text.length);
      }),
    );
  });
});
