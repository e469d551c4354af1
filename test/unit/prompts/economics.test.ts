import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cacheBreakEven, costOf, defaultWorkload } from '../../../src/core/prompts/economics';
import type { PromptShape, Workload } from '../../../src/core/prompts/economics';
import { loadProviders } from '../../../src/core/prompts/providers';
import type { ModelRules } from '../../../src/core/prompts/providers';

const table = loadProviders();
const model = (name: string): ModelRules => table.forModel(name)!;
const full: PromptShape = { variant: 'full', staticTokens: 10_000, sessionTokens: 0, turnTokens: 0, fetchTokens: 0 };
const lean: PromptShape = {
  variant: 'streamlined',
  staticTokens: 2_000,
  sessionTokens: 0,
  turnTokens: 0,
  fetchTokens: 1_000,
};
const bare: Workload = {
  requestsPerDay: 1,
  requestsPerConversation: 1,
  turnTokens: 0,
  outputTokens: 0,
  hitRate: 0,
  fetchesPerConversation: 0,
};
const near = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
};

describe('providers', () => {
  it('dates its table and names a source for every provider', () => {
    assert.match(table.asOf, /^\d{4}-\d\d-\d\d$/);
    assert.ok(table.providers.length >= 8);
    for (const { id, sources } of table.providers) {
      assert.ok(sources.length > 0 && sources.every((source) => source.startsWith('https://')), id);
    }
  });

  const names: readonly (readonly [
    name: string,
    provider: string | undefined,
    minimum: number,
    input: number | undefined,
  ])[] = [
    ['claude-opus-4-8', 'anthropic', 1024, 5],
    ['anthropic/claude-opus-4.8', 'anthropic', 1024, 5],
    ['claude-opus-5-5-20260922', 'anthropic', 1024, 4],
    ['claude-haiku-4-5', 'anthropic', 4096, 1],
    ['claude-opus-9', 'anthropic', 1024, undefined],
    ['gpt-5.6', 'openai-5.6', 1024, 4],
    ['gpt-5', 'openai', 1024, 1.25],
    ['gpt-5-mini', 'openai', 1024, 0.25],
    ['gpt-5-2025-08-07', 'openai', 1024, 1.25],
    ['gpt-4o', 'openai', 1024, 2.5],
    ['gpt-9', 'openai-5.6', 1024, undefined],
    ['gemini-2.5-pro', 'gemini', 2048, 1.25],
    ['mystery', undefined, 0, undefined],
  ];
  for (const [name, provider, minimum, input] of names) {
    it(`knows ${name} as ${provider ?? 'nobody'}`, () => {
      const rules = table.forModel(name);
      assert.deepEqual([rules?.id, rules?.cache.minimumTokens ?? 0, rules?.inputPerMTok], [provider, minimum, input]);
      assert.ok(rules === undefined || ['longest-prefix', 'breakpoints'].includes(rules.cache.match));
    });
  }

  it('lets a user correct a model, a rule and add a provider', () => {
    const text = JSON.stringify({
      asOf: '2031-05-06',
      providers: [
        { id: 'anthropic', cache: { lookBackBlocks: 30 }, models: [{ match: 'claude-opus-4-8', inputPerMTok: 7 }] },
        {
          id: 'house',
          label: 'House',
          format: 'openai',
          cache: {
            match: 'longest-prefix',
            minimumTokens: 8,
            readFactor: 0,
            lifetimes: [{ id: 'x', seconds: null, writeFactor: 1 }],
          },
          models: [{ match: 'house-1' }],
        },
      ],
    });
    const own = loadProviders({ text, location: 'own.json' });
    assert.equal(own.asOf, '2031-05-06');
    assert.equal(own.forModel('claude-opus-4-8')?.inputPerMTok, 7);
    assert.equal(own.forModel('claude-opus-4-8')?.outputPerMTok, 25);
    assert.equal(own.forModel('claude-opus-4-8')?.cache.lookBackBlocks, 30);
    assert.equal(own.forModel('house-1')?.cache.minimumTokens, 8);
    assert.equal(table.forModel('claude-opus-4-8')?.inputPerMTok, 5);
  });

  for (const [title, text, message] of [
    ['no JSON', '{', /own\.json: it is not JSON/],
    ['no providers', '{}', /no list `providers`/],
    ['a provider without an id', '{"providers":[{}]}', /no `id`/],
    ['a model without a name', '{"providers":[{"id":"anthropic","models":[{}]}]}', /no `match`/],
    ['a new provider without rules', '{"providers":[{"id":"new"}]}', /provider 'new'/],
    ['a negative minimum', '{"providers":[{"id":"openai","cache":{"minimumTokens":-1}}]}', /minimumTokens/],
  ] as const) {
    it(`refuses an own table with ${title}`, () => {
      assert.throws(() => loadProviders({ text, location: 'own.json' }), message);
    });
  }
});

describe('economics', () => {
  it('breaks even where the providers say', () => {
    assert.equal(cacheBreakEven(1.25, 0.1), 2);
    assert.equal(cacheBreakEven(2, 0.1), 3);
    assert.equal(cacheBreakEven(1, 0.5), 2);
    assert.equal(cacheBreakEven(1.25, 1), Infinity);
  });

  it('is the smallest number of requests at which caching costs less', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 0.95, noNaN: true }),
        (write, read) => {
          const requests = cacheBreakEven(write, read);
          const cached = (count: number): number => write + (count - 1) * read;
          assert.ok(cached(requests) < requests + 1e-9);
          if (requests > 2) {
            assert.ok(cached(requests - 1) >= requests - 1 - 1e-9);
          }
        },
      ),
    );
  });

  it('reckons one cold and one warm request by hand', () => {
    const { variants, unit, method } = costOf(
      [full],
      model('gpt-5.6'),
      { ...bare, turnTokens: 100, outputTokens: 50 },
      table.asOf,
    );
    assert.deepEqual([unit, method], ['USD', 'exact']);
    near(variants[0]!.cold.value, (10_000 * 1.25 + 100) * 4e-6 + 50 * 20e-6);
    near(variants[0]!.warm.value, (10_000 * 0.1 + 100) * 4e-6 + 50 * 20e-6);
  });

  it('reckons a conversation by hand: one write or read, then reads', () => {
    const workload = { ...bare, requestsPerConversation: 10, hitRate: 0.6, requestsPerDay: 500 };
    const { variants } = costOf([full], model('gpt-4o'), workload, table.asOf);
    const first = 10_000 * (0.6 * 0.5 + 0.4 * 1);
    near(variants[0]!.perRequest.value, ((first + 9 * 5_000) * 2.5e-6) / 10);
    near(variants[0]!.perDay.value, variants[0]!.perRequest.value * 500);
    near(variants[0]!.perMillionRequests.value, variants[0]!.perRequest.value * 1e6);
  });

  it('pays for the fetches of the streamlined prompt, and finds where they eat the gain', () => {
    const workload = { ...bare, requestsPerConversation: 4, hitRate: 1, fetchesPerConversation: 1 };
    const report = costOf([full, lean], model('gpt-4o'), workload, table.asOf);
    const without = 4 * 2_000 * 0.5;
    const fetch = 2_000 * 0.5 + 1_000 * (1 + 3 * 0.5);
    near(report.variants[1]!.perRequest.value, ((without + fetch) * 2.5e-6 + 40 * 10e-6) / 4);
    const at = (fetchesPerConversation: number): number[] =>
      costOf([full, lean], model('gpt-4o'), { ...workload, fetchesPerConversation }, table.asOf).variants.map(
        ({ perRequest }) => perRequest.value,
      );
    const [a, b] = at(report.fetchBreakEven!);
    near(a!, b!);
  });

  it('caches nothing under the minimum, and says so', () => {
    const short = { ...full, staticTokens: 1000 };
    const { variants } = costOf([short], model('gpt-5.6'), bare, table.asOf);
    assert.equal(variants[0]!.cacheable, false);
    near(variants[0]!.cold.value, variants[0]!.warm.value);
  });

  it('carries the band of an estimate, and none for exact counts', () => {
    const claude = costOf([full], model('claude-opus-4-8'), defaultWorkload, table.asOf).variants[0]!;
    assert.ok(
      claude.promptTokens.low < claude.promptTokens.value && claude.promptTokens.value < claude.promptTokens.high,
    );
    assert.ok(claude.perDay.low < claude.perDay.value && claude.perDay.value < claude.perDay.high);
    const exact = costOf([full], model('gpt-4o'), defaultWorkload, table.asOf);
    assert.equal(exact.method, 'exact');
    assert.deepEqual(exact.variants[0]!.promptTokens, { value: 10_000, low: 10_000, high: 10_000 });
  });

  it('counts in input tokens where no price is known', () => {
    const report = costOf([full], model('claude-opus-9'), { ...bare, outputTokens: 1000 }, table.asOf);
    assert.equal(report.unit, 'input tokens');
    near(report.variants[0]!.warm.value, report.variants[0]!.promptTokens.value * 0.1);
    assert.ok(report.basis.some((sentence) => sentence.includes('No price is known')));
  });

  it('names date, sources, prices and inputs of every number', () => {
    const text = costOf([full], model('claude-opus-4-7'), defaultWorkload, table.asOf).basis.join(' ');
    for (const part of [table.asOf, 'https://', '5 USD', '25 USD', '80 %', 'Not certain: minimumTokens', 'estimate']) {
      assert.ok(text.includes(part), part);
    }
  });

  it('takes the lifetime that is asked for', () => {
    const at = (lifetime: string): number =>
      costOf([full], model('claude-opus-4-8'), { ...bare, lifetime }, table.asOf).variants[0]!.cold.value;
    near(at('1h') / at('5m'), 2 / 1.25);
    assert.throws(() => at('2h'), { nextStep: 'Correct the input.', message: /5m, 1h/ });
  });

  for (const change of [{ hitRate: 1.5 }, { requestsPerConversation: 0 }, { turnTokens: -1 }, { outputTokens: NaN }]) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(() => costOf([full], model('gpt-4o'), { ...defaultWorkload, ...change }, table.asOf), /must be/);
    });
  }
});
