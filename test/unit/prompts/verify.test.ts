import assert from 'node:assert/strict';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import type { CacheEntry, CacheSnapshot, EntryState } from '../../../src/core/cache/model';
import { comparePrompts } from '../../../src/core/prompts/compare';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { measurePrompt } from '../../../src/core/prompts/measure';
import { ruleUnitsOf } from '../../../src/core/prompts/ruleUnits';
import { verifyPrompt } from '../../../src/core/prompts/verify';
import type { FetchSource, Verification } from '../../../src/core/prompts/verify';
import { promptOf, ReferenceTokens } from './support';

const library = {
  research:
    '---\ndescription: Use when facts are needed.\n---\nOpen what you cite.\n\n- Note the date of every source.\n',
  charts: '---\ndescription: Use when numbers are shown.\n---\nLabel the axes of every chart.\n',
};
const manifest = `name: agent
budget: { streamlined: 400 }
parts:
  - text: You are careful with facts.
  - instruction: research
  - instruction: charts
  - text: Rounding is done once, at the end.
    only: full
`;

interface Stored {
  readonly text?: string;
  readonly states: readonly EntryState[];
  readonly fingerprint?: string;
}

function cacheOf(stored: Readonly<Record<string, Stored>>): FetchSource {
  const entries = Object.entries(stored).map(([tag, { text, states, fingerprint }]): CacheEntry => {
    const key = `instruction_${tag}`;
    const bytes = new TextEncoder().encode(text ?? '');
    return {
      scope: 'instructions',
      key,
      originalKey: key,
      path: `/workspace/.iris/kv-cache/instructions/${key}`,
      contentType: 'text/markdown',
      sizeBytes: bytes.length,
      fileBytes: bytes.length,
      fingerprint: fingerprint ?? fingerprintOf(bytes),
      createdAt: undefined,
      updatedAt: undefined,
      expiresAt: '2031-05-06T00:00:00',
      createdMs: undefined,
      expiresMs: undefined,
      ttlHours: 168,
      version: undefined,
      tags: [],
      metadata: {},
      state: states[0]!,
      states,
    };
  });
  const scopes: CacheSnapshot['scopes'] = [
    { scope: 'instructions', quotaBytes: 1, usedBytes: 0, index: 'valid', indexSha256: undefined, entries },
  ];
  return {
    snapshot: { sourceId: 's', label: 's', takenMs: 0, scopes, seedFlag: undefined, findings: [] },
    read: async (key) => {
      const text = stored[key.slice('instruction_'.length)]?.text;
      return Promise.resolve(text === undefined ? undefined : new TextEncoder().encode(text));
    },
  };
}

describe('verifying a streamlined prompt', () => {
  const counter = new ReferenceTokens();
  after(() => {
    counter.dispose();
  });

  async function verify(source: FetchSource | undefined, text = manifest): Promise<Verification> {
    const prompt = await promptOf(text, {}, library);
    const full = compilePrompt(prompt, 'full');
    const streamlined = compilePrompt(prompt, 'streamlined');
    return verifyPrompt({
      prompt,
      full,
      streamlined,
      source,
      counter,
      encoding: 'o200k_base',
      location: '/w/a.prompt.yaml',
    });
  }
  const fresh = (tag: keyof typeof library): Stored => ({ text: library[tag], states: ['fresh'] });

  it('finds what only the full prompt says', async () => {
    const { lost, findings, servable } = await verify(
      cacheOf({ research: fresh('research'), charts: fresh('charts') }),
    );
    assert.equal(servable, true);
    assert.deepEqual(lost, [{ text: 'Rounding is done once, at the end.', pieceId: 'text-2', line: 0 }]);
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['lost-in-streamlining'],
    );
  });

  it('finds nothing lost when everything can be fetched', async () => {
    const text = manifest.slice(0, manifest.indexOf('  - text: Rounding'));
    const { lost, findings, instructions, tokensWithAllFetched } = await verify(undefined, text);
    assert.deepEqual([lost, findings], [[], []]);
    assert.deepEqual(
      instructions.map(({ tag, state }) => [tag, state]),
      [
        ['charts', 'not-checked'],
        ['research', 'not-checked'],
      ],
    );
    const streamlined = compilePrompt(await promptOf(text, {}, library), 'streamlined');
    const expected = [streamlined.text, library.charts, library.research].map((part) => counter.ids(part).length);
    assert.equal(
      tokensWithAllFetched,
      expected.reduce((sum, count) => sum + count, 0),
    );
  });

  const states: readonly (readonly [title: string, stored: Stored | undefined, state: string, servable: boolean])[] = [
    ['fresh', fresh('charts'), 'fresh', true],
    ['about to expire', { text: library.charts, states: ['expiring'] }, 'expiring', true],
    ['expired', { text: library.charts, states: ['expired'] }, 'expired', false],
    ['another edition', { text: 'Label the axes of every chart. And more.', states: ['fresh'] }, 'stale', true],
    ['not there', undefined, 'not-seeded', false],
    ['a file that no index knows', { text: library.charts, states: ['orphan'] }, 'not-seeded', false],
    ['an entry without its file', { states: ['missing'] }, 'missing', false],
    ['a file that vanished since', { states: ['fresh'] }, 'missing', false],
    ['damaged', { text: library.charts, states: ['fresh'], fingerprint: '0000000000000000' }, 'corrupt', false],
  ];
  for (const [title, stored, state, servable] of states) {
    it(`says ${state} for an instruction that is ${title}`, async () => {
      const result = await verify(
        cacheOf({ research: fresh('research'), ...(stored === undefined ? {} : { charts: stored }) }),
      );
      assert.equal(result.instructions[0]!.state, state);
      assert.equal(result.servable, servable);
      const finding = result.findings.find(({ id }) => id === state);
      assert.equal(finding === undefined, state === 'fresh');
      assert.equal(finding?.range?.startLine, state === 'fresh' ? undefined : 5);
      assert.equal(
        result.lost.some(({ pieceId }) => pieceId === 'charts'),
        !['fresh', 'expiring', 'stale', 'corrupt'].includes(state),
      );
    });
  }

  it('finds a streamlined prompt over its budget', async () => {
    const { findings } = await verify(undefined, manifest.replace('400', '20'));
    const finding = findings.find(({ id }) => id === 'prompt-budget');
    assert.match(finding!.message, /'streamlined' has \d+ tokens; its budget is 20/);
  });

  it('compares variants part by part', async () => {
    const prompt = await promptOf(manifest, {}, library);
    const measure = async (variant: string): ReturnType<typeof measurePrompt> =>
      measurePrompt(compilePrompt(prompt, variant), counter, 'o200k_base');
    const [left, right] = [await measure('full'), await measure('streamlined')];
    const comparison = comparePrompts(left, right);
    assert.equal(comparison.savedTokens, left.tokens - right.tokens);
    assert.deepEqual(
      comparison.parts.map((part) => [part.id, part.left !== undefined, part.right !== undefined]),
      [
        ['text', true, true],
        ['research', true, false],
        ['charts', true, false],
        ['text-2', true, false],
        ['on-demand', false, true],
      ],
    );
  });

  it('takes a text apart into what it states', () => {
    const text =
      '# Heading\n\nFirst sentence here. Second one\ngoes on.\n\n- *List* item number one.\n  continued here\n1. Numbered item two.\n\n| Head | Cell |\n| --- | --- |\n| a value | another |\n\n```sh\nnpm run build\n```\nshort\n';
    assert.deepEqual(
      ruleUnitsOf(text).map(({ normal, line }) => `${line}: ${normal}`),
      [
        '2: first sentence here.',
        '2: second one goes on.',
        '5: list item number one.',
        '5: continued here',
        '7: numbered item two.',
        '11: a value another',
        '14: npm run build',
      ],
    );
  });
});
