import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { bucketOf, selectVariant } from '../../../src/core/prompts/select';
import type { SelectInput } from '../../../src/core/prompts/select';

const cases: readonly (readonly [
  title: string,
  input: Omit<SelectInput, 'env'> & { env?: SelectInput['env'] },
  variant: string,
  reason: string,
])[] = [
  ['nothing', {}, 'full', 'default'],
  ['the flag of the original', { env: { USE_KV_CACHE_PROMPT: 'true' } }, 'streamlined', 'flag'],
  ['the flag off', { env: { USE_KV_CACHE_PROMPT: '0' }, percentage: 100 }, 'full', 'flag'],
  ['our flag over the original', { env: { USE_KV_CACHE_PROMPT: '1', CONTEXT_CACHE_PROMPT: 'full' } }, 'full', 'flag'],
  ['an own flag over both', { env: { CONTEXT_CACHE_PROMPT: 'full', LEAN: 'ON' }, flag: 'LEAN' }, 'streamlined', 'flag'],
  ['an own flag that is not set', { env: { CONTEXT_CACHE_PROMPT: 'yes' }, flag: 'LEAN' }, 'streamlined', 'flag'],
  ['a flag that names a profile', { env: { CONTEXT_CACHE_PROMPT: 'mixed' }, profiles: ['mixed'] }, 'mixed', 'flag'],
  ['a flag that names nothing', { env: { CONTEXT_CACHE_PROMPT: 'mixed' } }, 'full', 'default'],
  ['a flag with a percentage', { env: { CONTEXT_CACHE_PROMPT: '100%' }, key: 'x' }, 'streamlined', 'percentage'],
  ['a flag over 100 %', { env: { CONTEXT_CACHE_PROMPT: '101%' }, key: 'x' }, 'full', 'default'],
  ['100 % without a key', { percentage: 100 }, 'streamlined', 'percentage'],
  ['99 % without a key', { percentage: 99 }, 'full', 'percentage'],
  ['instructions that are not there', { env: { USE_KV_CACHE_PROMPT: '1' }, available: false }, 'full', 'unavailable'],
  ['full with instructions that are not there', { available: false }, 'full', 'default'],
];

describe('selecting a variant', () => {
  for (const [title, input, variant, reason] of cases) {
    it(`gives ${variant} for ${title}`, () => {
      const selection = selectVariant({ env: {}, ...input });
      assert.deepEqual([selection.variant, selection.reason], [variant, reason]);
    });
  }

  it('is the same for a key for ever', () => {
    assert.deepEqual(
      ['alice', 'bob', 'Zürich', '日本', ''].map((key) => bucketOf(key, 'agent')),
      [45.27, 13.12, 38.62, 36.58, 32.12],
    );
  });

  it('keeps everybody in who was in at a smaller percentage', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (key, a, b) => {
          const at = (percentage: number): string => selectVariant({ env: {}, key, percentage }).variant;
          if (at(Math.min(a, b)) === 'streamlined') {
            assert.equal(at(Math.max(a, b)), 'streamlined');
          }
        },
      ),
    );
  });

  it('spreads keys evenly, also those that differ in a digit only, and differently per prompt', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);
    for (const percentage of [1, 10, 50, 90]) {
      const chosen = keys.filter((key) => bucketOf(key, 'agent') < percentage).length / keys.length;
      // Four standard deviations of a fair draw.
      const tolerance = 4 * Math.sqrt(((percentage / 100) * (1 - percentage / 100)) / keys.length);
      assert.ok(Math.abs(chosen - percentage / 100) < tolerance, `${percentage} %: ${chosen}`);
    }
    const both = keys.filter((key) => bucketOf(key, 'a') < 50 && bucketOf(key, 'b') < 50).length / keys.length;
    assert.ok(Math.abs(both - 0.25) < 0.015, String(both));
  });

  it('imports nothing, so that it can be copied', () => {
    const source = readFileSync(path.join(__dirname, '../../../src/core/prompts/select.ts'), 'utf8');
    assert.doesNotMatch(source, /^\s*import\b|\brequire\(/m);
  });
});
