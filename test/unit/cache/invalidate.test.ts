import assert from 'node:assert/strict';
import { planInvalidate } from '../../../src/core/cache/plans/invalidate';
import type { EntryCriteria } from '../../../src/core/cache/selectEntries';
import { WritableCache } from './writing';

describe('invalidating by tag and by version', () => {
  let cache: WritableCache;

  beforeEach(() => {
    cache = new WritableCache('typical');
  });

  afterEach(() => {
    cache.dispose();
  });

  async function gone(criteria: EntryCriteria): Promise<readonly string[]> {
    return planInvalidate(await cache.source(), criteria)
      .effects.map(({ id }) => id)
      .sort();
  }

  it('takes what was seeded before a version, and nothing that an agent put', async () => {
    const seeded = await gone({ seeded: true });
    assert.ok(seeded.length > 1 && seeded.every((id) => id.startsWith('instructions/instruction_')), seeded.join());
    assert.deepEqual(await gone({ seeded: true, beforeVersion: 1 }), []);
    assert.deepEqual(await gone({ seeded: true, beforeVersion: 3 }), seeded);
    const index = JSON.parse(cache.text('instructions/_index.json')) as Record<string, Record<string, unknown>>;
    const [first = ''] = seeded;
    index[first.slice('instructions/'.length)]!['version'] = 3;
    cache.cache.write('instructions/_index.json', JSON.stringify(index, null, 2));
    assert.deepEqual(await gone({ seeded: true, beforeVersion: 3 }), seeded.slice(1));
    assert.deepEqual(await gone({ seeded: true, beforeVersion: 4 }), seeded);
  });

  it('takes what has a tag, an instruction by its own', async () => {
    assert.deepEqual(await gone({ tag: 'research' }), ['instructions/instruction_research']);
    assert.deepEqual(await gone({ tag: 'research', seeded: true, beforeVersion: 1 }), []);
  });
});
