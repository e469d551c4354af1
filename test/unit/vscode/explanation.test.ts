import assert from 'node:assert/strict';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import type { TokenCounter } from '../../../src/core/tokens/counter';
import { explainText } from '../../../src/vscode/tokens/explanation';
import { explanationReport } from '../../../src/vscode/tokens/explanationReport';
import { countTable } from '../../../src/vscode/tokens/countTable';
import { countFor, countingTarget, describeMethod } from '../../../src/vscode/tokens/target';
import { heatOfLines } from '../../../src/vscode/tokens/heat';

/** Every four characters a token, so that the numbers can be checked by hand. */
const counter: TokenCounter = {
  count: async (text) => Promise.resolve(Math.ceil(text.length / 4)),
  countAll: async (texts) => Promise.resolve(texts.map((text) => Math.ceil(text.length / 4))),
  dispose: () => undefined,
};

const text = ['# One\n', 'aaaaaaa\n', '## Two\n', '- bbbbb\n', '# Three\n', '```\ncode\n```\n'].join('');

describe('explaining a count', () => {
  it('says what the number is made of', async () => {
    const explanation = await explainText(text, countingTarget('o200k_base'), ['cl100k_base'], counter);
    assert.equal(explanation.tokens, Math.ceil(text.length / 4));
    assert.deepEqual(
      explanation.sections.map(({ section, tokens, own }) => [section.title, tokens, own]),
      [
        ['One', 8, 4],
        ['Two', 4, 4],
        ['Three', 6, 6],
      ],
    );
    assert.deepEqual(
      explanation.kinds.map(({ kind, tokens }) => `${kind} ${tokens}`),
      ['heading 6', 'code 4', 'list 2', 'prose 2'],
    );
    assert.deepEqual(explanation.lines[0], { line: 0, text: '# One', tokens: 2 });
  });

  it('puts encodings and models side by side, each once', async () => {
    const real = createTokenCounter();
    try {
      const target = countingTarget('claude-sonnet-5');
      const { models } = await explainText('hello world', target, ['o200k_base', 'claude-sonnet-5', 'gpt-4'], real);
      assert.deepEqual(
        models.map(({ target: { name }, count }) => [name, count.method, count.tokens]),
        [
          ['claude-sonnet-5', 'estimate', 3],
          ['o200k_base', 'exact', 2],
          ['gpt-4', 'exact', 2],
        ],
      );
    } finally {
      real.dispose();
    }
  });

  it('draws a page in which nothing from the text is alive', async () => {
    const hostile = '# [x](command:y) <img> | `z`\n\n<script>\n';
    const explanation = await explainText(hostile, countingTarget('o200k_base'), [], counter);
    const page = explanationReport(
      'a|b.md',
      explanation,
      [
        { name: 'model', by: 'v through the editor', tokens: 3 },
        { name: 'other', by: 'w', failure: '<img> w is away.' },
      ],
      [],
    );
    assert.match(page, /^# Tokens of a\\\|b\.md\n/);
    assert.doesNotMatch(page, /<img|<script|\[x\]\(|[^\\]`z/);
    assert.match(page, /\| model \| 3 \| {2}\| {2}\| provider: counted by v through the editor \|/);
    assert.match(page, /\| other \| – \| {2}\| {2}\| not counted by w: .*w is away\. \|/);
  });

  it('explains an empty text', async () => {
    const explanation = await explainText('', countingTarget('o200k_base'), [], counter);
    assert.equal(explanation.tokens, 0);
    assert.match(explanationReport('empty', explanation, [], []), /\*\*0 tokens\*\*/);
  });
});

describe('tables of counts', () => {
  it('sorts by size and tells what was left out', () => {
    const target = countingTarget('gpt-4');
    const rows = [
      { label: 'small_.md', count: countFor(target, 5), bytes: 20 },
      { label: 'large.md', count: countFor(target, 15), bytes: 2000 },
    ];
    const table = countTable('Tokens in docs', target, countFor(target, 20), rows, [
      { label: 'logo.png', reason: 'not a text file' },
    ]);
    assert.equal(
      table,
      [
        '# Tokens in docs',
        '',
        '2 files, 20 tokens (exact for gpt-4, cl100k_base).',
        '',
        '| Tokens | Share | Size | File |',
        '| ---: | ---: | ---: | :--- |',
        '| 15 | 75% | 2 KiB | large.md |',
        '| 5 | 25% | 20 B | small\\_.md |',
        '',
        '## Not counted: 1',
        '',
        '- logo.png: not a text file',
        '',
      ].join('\n'),
    );
  });

  it('says what an estimate is worth', () => {
    const target = countingTarget('claude-sonnet-5');
    assert.match(
      describeMethod(countFor(target, 1000), target),
      /^estimate for claude-sonnet-5, 1,400–1,900, from o200k_base: /,
    );
  });
});

describe('heat of lines', () => {
  it('marks lines that cost far more than the mean', () => {
    assert.deepEqual(heatOfLines([10, 10, 10, 1, 200, 10, 10]), [0, 0, 0, 0, 2, 0, 0]);
  });

  it('marks nothing where all lines cost little or the same', () => {
    assert.deepEqual(heatOfLines([]), []);
    assert.deepEqual(heatOfLines([1, 1, 9]), [0, 0, 0]);
    assert.deepEqual(heatOfLines([50, 50, 50]), [0, 0, 0]);
  });
});
