import assert from 'node:assert/strict';
import { countForModel, encodingForModel, tokenizerForModel } from '../../../src/core/tokens/models';
import type { TokenCounter } from '../../../src/core/tokens/counter';

const hundred: TokenCounter = {
  count: async () => Promise.resolve(100),
  countAll: async (texts) => Promise.resolve(texts.map(() => 100)),
  dispose: () => undefined,
};

describe('models and their encodings', () => {
  const published: [string, string][] = [
    ['gpt-4o', 'o200k_base'],
    ['gpt-4o-mini-2024-07-18', 'o200k_base'],
    ['GPT-4.1-nano', 'o200k_base'],
    ['gpt-5', 'o200k_base'],
    ['gpt-5.1-codex', 'o200k_base'],
    ['o1', 'o200k_base'],
    ['o3-mini', 'o200k_base'],
    ['gpt-oss-120b', 'o200k_base'],
    ['copilot/gpt-4o', 'o200k_base'],
    ['ft:gpt-4o-mini:team::id', 'o200k_base'],
    ['gpt-4', 'cl100k_base'],
    ['gpt-4-turbo-preview', 'cl100k_base'],
    ['gpt-35-turbo', 'cl100k_base'],
    ['text-embedding-3-large', 'cl100k_base'],
  ];
  for (const [model, encoding] of published) {
    it(`counts ${model} exactly with ${encoding}`, () => {
      assert.equal(encodingForModel(model), encoding);
    });
  }

  const estimated: [string, string][] = [
    ['claude-3-5-sonnet-20241022', 'claude-before-4.7'],
    ['claude-sonnet-4-20250514', 'claude-before-4.7'],
    ['claude-opus-4.6', 'claude-before-4.7'],
    ['claude-haiku-4-5-20251001', 'claude-before-4.7'],
    ['claude-opus-4-7', 'claude-since-4.7'],
    ['anthropic/claude-opus-4.8', 'claude-since-4.7'],
    ['claude-sonnet-5', 'claude-since-4.7'],
    ['claude', 'claude-since-4.7'],
    ['gpt-6', 'openai-unlisted'],
    ['gpt-4.9', 'openai-unlisted'],
    ['o10', 'openai-unlisted'],
    ['gemini-2.5-pro', 'uncalibrated'],
    ['', 'uncalibrated'],
  ];
  for (const [model, rule] of estimated) {
    it(`estimates ${model === '' ? 'a model without a name' : model} by the rule ${rule}`, () => {
      const tokenizer = tokenizerForModel(model);
      assert.equal(tokenizer.kind, 'estimate');
      assert.equal(tokenizer.rule.id, rule);
    });
  }

  it('says that a count is exact, with its encoding', async () => {
    assert.deepEqual(await countForModel('text', 'gpt-4', hundred), {
      tokens: 100,
      method: 'exact',
      encoding: 'cl100k_base',
    });
  });

  it('gives an estimate with a band around it', async () => {
    const count = await countForModel('text', 'claude-opus-4.7', hundred);
    assert.equal(count.method, 'estimate');
    assert.deepEqual(count.band, { low: 140, high: 190 });
    assert.ok(count.tokens > 140 && count.tokens < 190);
  });
});
