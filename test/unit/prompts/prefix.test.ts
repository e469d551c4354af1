import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonValue } from '../../../src/core/cache/model';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { analysePrefix } from '../../../src/core/prompts/prefix/analyse';
import type { PrefixAnalysis } from '../../../src/core/prompts/prefix/analyse';
import { compiledDocument, textDocument } from '../../../src/core/prompts/prefix/document';
import type { PrefixDocument } from '../../../src/core/prompts/prefix/document';
import { isRequest, requestDocument } from '../../../src/core/prompts/prefix/requests';
import { survivingTokens } from '../../../src/core/prompts/prefix/survival';
import { loadProviders } from '../../../src/core/prompts/providers';
import { promptOf, ReferenceTokens } from './support';

const table = loadProviders();
const words = [
  'cache ',
  'prompt',
  '\n\n',
  'The ',
  'naïve ',
  '日本語',
  ' 🚀',
  'é',
  'è',
  '  ',
  '12',
  '345',
  "don't ",
  '# ',
  '\r\n',
  'x'.repeat(40),
  '<|endoftext|>',
];

/** A text, and another that begins like it and goes on in another way. */
const pairs = fc
  .tuple(
    fc.array(fc.constantFrom(...words), { maxLength: 60 }),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }),
  )
  .map(([head, a, b]): [string, string] => [[...head, ...a].join(''), [...head, ...b].join('')]);

describe('prefix analysis', () => {
  const tokens = new ReferenceTokens();
  after(() => {
    tokens.dispose();
  });

  async function analyse(
    left: PrefixDocument,
    right: PrefixDocument,
    models: readonly string[] = [],
  ): Promise<PrefixAnalysis> {
    return analysePrefix(left, right, { ids: tokens, encoding: 'o200k_base', table, models });
  }

  const survivors = ({ providers }: PrefixAnalysis, provider: string): number =>
    providers.find((row) => row.provider === provider)!.survivingTokens;

  describe('agrees with an independent reckoning', () => {
    it('on the first byte and the first token, over 500 pairs', () =>
      fc.assert(
        fc.asyncProperty(pairs, async ([a, b]) => {
          const analysis = await analyse(textDocument('a', a), textDocument('b', b));
          const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)];
          const [idsA, idsB] = [tokens.ids(a), tokens.ids(b)];
          assert.equal(analysis.equal, bytesA.equals(bytesB));
          assert.equal(analysis.commonTokens, firstDifference(idsA, idsB));
          if (!analysis.equal) {
            assert.equal(analysis.divergence!.commonBytes, firstDifference(bytesA, bytesB));
          }
        }),
        { numRuns: 500 },
      ));

    it('on the line and the part, over 200 pairs', () =>
      fc.assert(
        fc.asyncProperty(pairs, async ([a, b]) => {
          const { divergence } = await analyse(textDocument('a', a), textDocument('b', b));
          if (divergence !== undefined) {
            const before = a.slice(0, divergence.commonLength);
            assert.equal(b.slice(0, divergence.commonLength), before);
            assert.equal(
              divergence.left.line,
              before.split(/\r\n|\n|\r(?!$)/).length -
                1 -
                (before.endsWith('\r') && a[before.length] !== '\n' ? -1 : 0),
            );
            assert.ok(a.slice(divergence.commonLength).startsWith(divergence.left.excerpt));
            assert.notEqual(a.codePointAt(divergence.commonLength), b.codePointAt(divergence.commonLength));
          }
        }),
        { numRuns: 200 },
      ));

    it("on what survives under each provider's rules, over 200 pairs of long texts", () =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 5000 }),
          fc.integer({ min: 0, max: 300 }),
          fc.integer({ min: 1, max: 300 }),
          async (common, moreA, moreB) => {
            // One token each: " a" and so on are words of their own in the encoding.
            const a = `${' a'.repeat(common)}${' b'.repeat(moreA)}`;
            const b = `${' a'.repeat(common)}${' c'.repeat(moreB)}`;
            const analysis = await analyse(textDocument('a', a), textDocument('b', b));
            const shared = firstDifference(tokens.ids(a), tokens.ids(b));
            const stepped = Math.floor(shared / 128) * 128;
            assert.equal(survivors(analysis, 'openai'), stepped >= 1024 ? stepped : 0);
            assert.equal(survivors(analysis, 'azure-openai'), stepped >= 1024 ? stepped : 0);
            assert.equal(survivors(analysis, 'vllm'), Math.floor(shared / 16) * 16);
            assert.equal(survivors(analysis, 'xai'), stepped);
            assert.equal(survivors(analysis, 'deepseek'), shared);
            assert.equal(survivors(analysis, 'gemini'), shared >= 4096 ? shared : 0);
            // A text is one block, and a block is kept as a whole or not at all.
            assert.equal(survivors(analysis, 'anthropic'), 0);
            for (const row of analysis.providers) {
              assert.equal(row.survivingTokens + row.paidTokens, tokens.ids(b).length);
            }
          },
        ),
        { numRuns: 200 },
      ));

    it('on the blocks of compiled variants, over 100 manifests', () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
          fc.nat(5),
          async (sizes, changed) => {
            const manifest = (edit: boolean): string =>
              `name: a\nvariables: { s: { kind: session } }\nparts:\n${sizes
                .map(
                  (size, index) =>
                    `  - text: "p${index}${edit && index === changed ? ' edited' : ''}${' a'.repeat(size)}${index === 2 ? ' {{s}}' : ''}"`,
                )
                .join('\n')}\n`;
            const [left, right] = await Promise.all(
              [false, true].map(async (edit) => compilePrompt(await promptOf(manifest(edit)), 'full')),
            );
            const analysis = await analyse(compiledDocument(left!), compiledDocument(right!), ['claude-opus-4-8']);
            // Markers stand behind the last static part and behind the last part; the minimum is 1,024 of Claude's tokens.
            const ends = [Math.min(2, sizes.length), sizes.length];
            const kept = ends
              .filter((end) => changed >= end)
              .map((end) => tokens.ids(left!.text.slice(0, left!.offsets[end] ?? left!.text.length)).length)
              .filter((count) => count >= 1024 / 1.57);
            assert.equal(analysis.providers[0]!.survivingTokens, Math.max(0, ...kept));
          },
        ),
        { numRuns: 100 },
      ));
  });

  it('tells bytes from characters: é and è share their first byte', async () => {
    const { divergence } = await analyse(textDocument('a', 'caf\u00e9'), textDocument('b', 'caf\u00e8'));
    assert.equal(divergence?.commonBytes, 4);
    assert.equal(divergence.commonLength, 3);
    assert.equal(divergence.left.excerpt, 'é');
  });

  it('never splits a surrogate pair', async () => {
    const { divergence } = await analyse(textDocument('a', 'x🚀'), textDocument('b', 'x🚁'));
    assert.equal(divergence?.commonLength, 1);
    assert.equal(divergence.commonBytes, 4);
  });

  it('finds two empty texts equal', async () => {
    const analysis = await analyse(textDocument('a', ''), textDocument('b', ''));
    assert.equal(analysis.equal, true);
    assert.equal(analysis.commonTokens, 0);
  });

  describe('survival', () => {
    const rules = table.forModel('claude-opus-4-8')!.cache;
    const end = (blocks: number): { blocks: number; tokens: number } => ({ blocks, tokens: blocks * 1000 });

    it('looks back over 20 blocks from a breakpoint, and no further', () => {
      const input = { commonTokens: 0, commonBlocks: 3, stored: [end(3)], storedEnd: end(9) };
      const at = (blocks: number): number =>
        survivingTokens(rules, 1024, { ...input, asked: [end(blocks)], askedEnd: end(blocks) });
      assert.equal(at(23), 3000);
      assert.equal(at(24), 0);
    });

    it('reads the longest stored prefix that is whole', () => {
      const input = {
        commonTokens: 0,
        stored: [end(2), end(4), end(6)],
        storedEnd: end(9),
        asked: [end(8)],
        askedEnd: end(9),
      };
      assert.equal(survivingTokens(rules, 1024, { ...input, commonBlocks: 5 }), 4000);
      assert.equal(survivingTokens(rules, 1024, { ...input, commonBlocks: 1 }), 0);
    });

    it('keeps no more breakpoints than are allowed, the latest ones', () => {
      const stored = [1, 2, 3, 4, 5].map(end);
      const input = { commonTokens: 0, commonBlocks: 1, stored, storedEnd: end(9), asked: [end(5)], askedEnd: end(9) };
      assert.equal(survivingTokens(rules, 0, input), 0);
    });

    it('takes the end of a request for a breakpoint where that is implicit', () => {
      const openai = table.forModel('gpt-5.6')!.cache;
      const input = {
        commonTokens: 0,
        commonBlocks: 9,
        stored: [end(1)],
        storedEnd: end(9),
        asked: [end(1)],
        askedEnd: end(30),
      };
      assert.equal(survivingTokens(openai, 1024, input), 9000);
    });
  });

  describe('recorded requests', () => {
    const long = 'Rule. '.repeat(1500);
    const anthropic = (change: Record<string, JsonValue> = {}): JsonValue => ({
      model: 'claude-opus-4-8',
      tools: [
        { name: 'ask', description: 'Asks.', input_schema: { type: 'object' } },
        { name: 'zoom', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
      ],
      system: [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'Hello.' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Go on.', cache_control: { type: 'ephemeral' } }] },
      ],
      ...change,
    });
    const compare = async (left: JsonValue, right: JsonValue): Promise<PrefixAnalysis> =>
      analyse(requestDocument('a.json', left), requestDocument('b.json', right));

    const changes: readonly (readonly [
      title: string,
      change: Record<string, JsonValue>,
      rule: string | undefined,
      part: string | undefined,
      survives: 'all' | 'system' | 'tools' | 'nothing',
    ])[] = [
      ['nothing', {}, undefined, undefined, 'all'],
      ['another model', { model: 'claude-opus-4-7' }, 'CB07', undefined, 'nothing'],
      ['another choice of tools', { tool_choice: { type: 'any' } }, 'CB07', undefined, 'system'],
      ['another system text', { system: `${long} Always.` }, undefined, 'system', 'nothing'],
      ['a date', { system: [{ type: 'text', text: `It is 2031-05-06. ${long}` }] }, undefined, 'system[0]', 'nothing'],
      [
        'an edited message',
        {
          messages: [
            { role: 'user', content: 'Hello!' },
            { role: 'assistant', content: 'Hi.' },
          ],
        },
        'CB10',
        'messages[0].content',
        'system',
      ],
      [
        'sorted otherwise',
        {
          tools: [
            { name: 'zoom', input_schema: { type: 'object' } },
            {
              name: 'ask',
              description: 'Asks.',
              input_schema: { type: 'object' },
              cache_control: { type: 'ephemeral' },
            },
          ],
        },
        'CB04',
        'tools[0]',
        'nothing',
      ],
      [
        'names in another order',
        {
          tools: [
            { description: 'Asks.', name: 'ask', input_schema: { type: 'object' } },
            { name: 'zoom', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
          ],
        },
        'CB03',
        'tools[0]',
        'nothing',
      ],
    ];
    for (const [title, change, rule, part, survives] of changes) {
      it(`explains ${title}`, async () => {
        const left = anthropic();
        const analysis = await compare(left, anthropic(change));
        assert.equal(analysis.cause?.ruleId, rule);
        assert.equal(analysis.divergence?.right.partId, part);
        const document = requestDocument('a', left);
        const upTo = (count: number): number =>
          document.parts
            .slice(0, count)
            .reduce((sum, { start, end }) => sum + tokens.ids(document.text.slice(start, end - 1)).length, 0);
        const expected = { all: upTo(6), system: upTo(3), tools: upTo(2), nothing: 0 }[survives];
        assert.equal(analysis.providers[0]!.survivingTokens, expected);
      });
    }

    const lines: readonly (readonly [rule: string | undefined, left: string, right: string])[] = [
      ['CB01', 'Today is 2031-05-06.', 'Today is 2031-05-07.'],
      ['CB01', 'Now: Monday, May 6, 2031 10:22', 'Now: Tuesday, May 7, 2031 11:23'],
      ['CB02', 'Session 0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01', 'Session 2c7b1d8a-77c1-4f0d-8d35-6b1f2f8e4b02'],
      ['CB09', 'Be  kind.', 'Be kind.'],
      ['CB09', 'cafe\u0301', 'caf\u00e9'],
      ['CB12', 'Tokens left: 1200 of 4000', 'Tokens left: 900 of 4000'],
      ['CB17', 'Work in /home/anna/app now.', 'Work in /home/ben/app now.'],
      [undefined, 'Be kind.', 'Be brief.'],
    ];
    for (const [rule, left, right] of lines) {
      it(`sees ${rule ?? 'an ordinary edit'} in "${left}"`, async () => {
        const { cause } = await analyse(
          textDocument('a', `Rules\n${left}\nEnd`),
          textDocument('b', `Rules\n${right}\nEnd`),
        );
        assert.equal(cause?.ruleId, rule);
      });
    }

    it('sees that a longer conversation breaks nothing', async () => {
      const openai = (messages: number): JsonValue => ({
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: long },
          ...Array.from({ length: messages }, (_, turn) => ({
            role: turn % 2 === 0 ? 'user' : 'assistant',
            content: `Turn ${turn}`,
          })),
        ],
      });
      const analysis = await compare(openai(3), openai(5));
      assert.equal(analysis.cause?.message, 'The second continues the first: nothing breaks.');
      assert.equal(analysis.commonTokens, analysis.left.tokens);
      assert.equal(analysis.providers[0]!.survivingTokens, Math.floor(analysis.commonTokens / 128) * 128);
    });

    it('reads the three formats, and pictures by their hash', () => {
      const ids = (value: JsonValue): string[] =>
        requestDocument('x', value).parts.map(({ id, zone }) => `${zone} ${id}`);
      assert.deepEqual(
        ids({ model: 'gpt-5', instructions: 'Be kind.', input: 'Hi', tools: [{ type: 'function', name: 'a' }] }),
        ['tools tools[0]', 'system instructions', 'messages input[0].content'],
      );
      assert.deepEqual(
        ids({
          systemInstruction: { parts: [{ text: 'a' }, { text: 'b' }] },
          contents: [{ role: 'user', parts: [{ text: 'c' }] }],
        }),
        ['system systemInstruction.parts[0]', 'system systemInstruction.parts[1]', 'messages contents[0].parts[0]'],
      );
      const data = 'QUJD'.repeat(4000);
      const { text } = requestDocument('x', {
        messages: [{ role: 'user', content: [{ type: 'image', source: { data } }] }],
      });
      assert.match(text, /sha256:[0-9a-f]{64}/);
      assert.ok(text.length < 300);
    });

    it('refuses what is no request', () => {
      assert.equal(isRequest({ name: 'x' }), false);
      assert.throws(() => requestDocument('x.json', ['a']), /x\.json is no recorded request/);
    });
  });
});

function firstDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) {
    at++;
  }
  return at;
}
