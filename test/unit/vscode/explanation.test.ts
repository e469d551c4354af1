import assert from 'node:assert/strict';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import type { TokenCounter } from '../../../src/core/tokens/counter';
import { explainText } from '../../../src/vscode/tokens/explanation';
import { explanationReport } from '../../../src/vscode/tokens/explanationReport';
import { csvTable, markdownTable, sortRows } from '../../../src/vscode/tokens/countTable';
import { countFor, countingTarget, describeMethod } from '../../../src/vscode/tokens/target';
import type { RawToken } from '../../../src/vscode/tokens/tokenSpans';
import { heatOfLines } from '../../../src/vscode/tokens/heat';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Every character a token. */
const options = {
  isMarkdown: true,
  inspect: async (part: string): Promise<RawToken[]> =>
    Promise.resolve(Array.from(part, (character, id) => ({ id, bytes: bytesOf(character) }))),
};

/** Every four characters a token, so that the numbers can be checked by hand. */
const counter: TokenCounter = {
  count: async (text) => Promise.resolve(Math.ceil(text.length / 4)),
  countAll: async (texts) => Promise.resolve(texts.map((text) => Math.ceil(text.length / 4))),
  dispose: () => undefined,
};

const text = ['# One\n', 'aaaaaaa\n', '## Two\n', '- bbbbb\n', '# Three\n', '```\ncode\n```\n'].join('');

describe('explaining a count', () => {
  it('says what the number is made of', async () => {
    const explanation = await explainText([text], countingTarget('o200k_base'), ['cl100k_base'], counter, options);
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
      const { models } = await explainText(
        ['hello world'],
        target,
        ['o200k_base', 'claude-sonnet-5', 'gpt-4'],
        real,
        options,
      );
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
    const explanation = await explainText([hostile], countingTarget('o200k_base'), [], counter, options);
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
    assert.match(page, /\| model \| 3 \| {2}\| provider: counted by v through the editor \|/);
    assert.match(page, /\| other \| – \| {2}\| not counted by w: .*w is away\. \|/);
  });

  it('tells the kinds of tokens of any text, and takes only Markdown for Markdown', async () => {
    const code = '# not a heading\nx = 12; 日本\n';
    const inCode = await explainText([code], countingTarget('o200k_base'), [], counter, {
      ...options,
      isMarkdown: false,
    });
    assert.deepEqual([inCode.sections, inCode.kinds], [[], []]);
    assert.deepEqual(
      Object.entries(inCode.tokenKinds ?? {}).filter(([, tokens]) => tokens > 0),
      [
        ['words in Latin letters', 12],
        ['words in other scripts', 2],
        ['numbers', 2],
        ['punctuation and symbols', 3],
        ['white space and line ends', 8],
      ],
    );
    assert.match(explanationReport('x.py', inCode, [], []), /\| words in Latin letters \| 12 \|/);
  });

  it('finds the largest lines of a long text, and says that it is not taken apart', async () => {
    const long = `${'short\r\n'.repeat(60_000)}${'long '.repeat(20)}\n${'x'.repeat(300)}`;
    const explanation = await explainText([long], countingTarget('o200k_base'), [], counter, options);
    assert.equal(explanation.tokenKinds, undefined);
    assert.deepEqual(explanation.sections, []);
    assert.deepEqual(
      explanation.lines.slice(0, 3).map(({ line, tokens }) => [line, tokens]),
      [
        [60_001, 75],
        [60_000, 25],
        [0, 2],
      ],
    );
    assert.match(explanationReport('x', explanation, [], []), /more than 256 KiB of text .* not taken apart/);
  });

  it('says once what estimates rest on', async () => {
    const models = ['claude-opus-5', 'claude-sonnet-5'];
    const explanation = await explainText(['word'], countingTarget('o200k_base'), models, counter, options);
    const page = explanationReport('x', explanation, [], []);
    assert.match(page, /\| claude-opus-5 \| ~2 \| 1–2 \| estimate, 1\.57 × o200k_base \|/);
    assert.equal(page.match(/^- Estimates for claude-opus-5, claude-sonnet-5: /gm)?.length, 1);
  });

  it('explains an empty text', async () => {
    const explanation = await explainText([''], countingTarget('o200k_base'), [], counter, options);
    assert.equal(explanation.tokens, 0);
    assert.match(explanationReport('empty', explanation, [], []), /\*\*0 tokens\*\*/);
  });
});

describe('tables of counts', () => {
  const target = countingTarget('gpt-4');
  const rows = [
    { label: 'small_.md', count: countFor(target, 5), bytes: 20 },
    { label: 'large.md', count: countFor(target, 15), bytes: 2000 },
    { label: 'a, "b".md', count: countFor(target, 0), bytes: 0 },
  ];
  const table = { title: 'Tokens in docs', target, total: countFor(target, 20), noun: 'file', rows };

  it('sorts by size and tells what was left out', () => {
    const skipped = [{ label: 'logo.png', reason: 'not a text file' }];
    assert.equal(
      markdownTable({ ...table, rows: rows.slice(0, 2), skipped }, 'tokens'),
      [
        '# Tokens in docs',
        '',
        '2 files, 20 tokens (exact for gpt-4, cl100k_base).',
        '',
        '| Tokens | Share | Size | File |',
        '| ---: | ---: | ---: | :--- |',
        '| 15 | 75% | 2\u00a0KiB | large.md |',
        '| 5 | 25% | 20\u00a0B | small\\_.md |',
        '',
        '## Not counted: 1',
        '',
        '- logo.png: not a text file',
        '',
      ].join('\n'),
    );
  });

  it('sorts by tokens, density, size or name', () => {
    const order = (by: Parameters<typeof sortRows>[1]): string[] => sortRows(rows, by).map(({ label }) => label[0]!);
    assert.deepEqual(order('tokens'), ['l', 's', 'a']);
    assert.deepEqual(order('density'), ['s', 'l', 'a']);
    assert.deepEqual(order('size'), ['l', 's', 'a']);
    assert.deepEqual(order('name'), ['a', 'l', 's']);
  });

  it('gives the rows as comma-separated values, with the band of an estimate', () => {
    const estimated = { label: 'x.md', count: countFor(countingTarget('claude-sonnet-5'), 1000), bytes: 3000 };
    const text = csvTable({ ...table, rows: [...rows, estimated], skipped: [] }, 'name');
    assert.equal(
      text,
      [
        'file,tokens,low,high,method,encoding,bytes',
        '"a, ""b"".md",0,0,0,exact,cl100k_base,0',
        'large.md,15,15,15,exact,cl100k_base,2000',
        'small_.md,5,5,5,exact,cl100k_base,20',
        'x.md,1570,1400,1900,estimate,o200k_base,3000',
        '',
      ].join('\r\n'),
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
