import assert from 'node:assert/strict';
import {
  badgeText,
  escapeMarkdown,
  formatBytes,
  formatExact,
  formatShare,
  formatTokens,
  plural,
} from '../../../src/vscode/format';

describe('format', () => {
  const tokens: readonly (readonly [number, string])[] = [
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1k'],
    [1049, '1k'],
    [1050, '1.1k'],
    [3120, '3.1k'],
    [9949, '9.9k'],
    [9950, '10k'],
    [10_000, '10k'],
    [31_400, '31k'],
    [999_499, '999k'],
    [999_500, '1M'],
    [3_100_000, '3.1M'],
  ];
  for (const [value, text] of tokens) {
    it(`shows ${value} tokens as ${text}`, () => {
      assert.equal(formatTokens(value), text);
    });
  }

  it('shows bytes in binary units', () => {
    assert.deepEqual([0, 1023, 1024, 3200, 32_768, 1_048_576, 53_000_000].map(formatBytes), [
      '0 B',
      '1023 B',
      '1 KiB',
      '3.1 KiB',
      '32 KiB',
      '1 MiB',
      '51 MiB',
    ]);
  });

  it('fits tokens into a badge of two characters', () => {
    assert.deepEqual([0, 99, 100, 449, 949, 950, 1499, 1500, 9499, 9500, 1e6].map(badgeText), [
      '0',
      '99',
      '.1',
      '.4',
      '.9',
      '1k',
      '1k',
      '2k',
      '9k',
      '9+',
      '9+',
    ]);
  });

  it('groups digits', () => {
    assert.deepEqual([0, 999, 1000, 1_234_567].map(formatExact), ['0', '999', '1,000', '1,234,567']);
  });

  it('never shows something as nothing', () => {
    assert.deepEqual(
      [formatShare(0, 100), formatShare(1, 1000), formatShare(31, 100), formatShare(300, 100), formatShare(5, 0)],
      ['0%', '<1%', '31%', '300%', '0%'],
    );
  });

  it('agrees in number', () => {
    assert.deepEqual(
      [plural(0, 'file'), plural(1, 'file'), plural(1204, 'file'), plural(2, 'entry', 'entries')],
      ['0 files', '1 file', '1,204 files', '2 entries'],
    );
  });

  const inert: readonly (readonly [string, string])[] = [
    ['[x](command:y)', '\\[x\\]\\(command:y\\)'],
    ['<img src=x> & `code`\n# h', '&lt;img src=x&gt; &amp; \\`code\\` # h'],
    ['$(sync~spin)', '\\$\\(sync\\~spin\\)'],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['see https://x.org, www.y.org or a@b.c', 'see https\\://x.org, www\\.y.org or a\\@b.c'],
    ['_em_ and o200k_base', '\\_em\\_ and o200k_base'],
    ['a | b', 'a \\| b'],
    ['docs/AGENTS.md', 'docs/AGENTS.md'],
  ];
  for (const [text, escaped] of inert) {
    it(`makes ${JSON.stringify(text)} inert`, () => {
      assert.equal(escapeMarkdown(text), escaped);
    });
  }
});
