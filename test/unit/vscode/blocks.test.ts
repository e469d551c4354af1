import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atOnce } from '../../../src/core/turns';
import { blocksOf } from '../../../src/vscode/tokens/blocks';

describe('blocks of a text', () => {
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
      atOnce(blocksOf(text.join(''))).map(({ kind, start, end }) => [kind, text.join('').slice(start, end)]),
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
        const blocks = atOnce(blocksOf(text));
        let at = 0;
        blocks.forEach((block, index) => {
          assert.equal(block.start, at);
          assert.ok(block.end > block.start);
          assert.notEqual(block.kind, blocks[index + 1]?.kind);
          at = block.end;
        });
        assert.equal(at, text.length);
      }),
    );
  });
});
