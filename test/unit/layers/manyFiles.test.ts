import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyRemoval } from '../../../src/core/layers/applyRemoval';
import { applyTransfer, contentsOfLayer } from '../../../src/core/layers/applyTransfer';
import { layerStats } from '../../../src/core/layers/model';
import { planVacuum } from '../../../src/core/layers/removal';
import { planSync } from '../../../src/core/layers/transferPlan';
import { dayMs, jaxName, makePlace, nowMs } from './places';
import type { Place } from './places';

const many = 50_000;
const functions = ['jit_f', 'jit__linspace', 'jit_broadcast_in_dim', 'jit_ffi_call', 'jit_convert_element_type'];

describe('Layers of 50,000 files', function () {
  this.timeout(300_000);
  let place: Place;
  const bytesOf = (index: number): number => 20 + (index % 50);
  const daysOf = (index: number): number => (index * 7) % 90;
  const nameOf = (index: number): string => jaxName(functions[index % functions.length]!, index);

  before(() => {
    place = makePlace();
    for (let index = 0; index < many; index += 1) {
      const content = 'x'.repeat(bytesOf(index));
      place.put(`here/${nameOf(index)}`, content, nowMs - daysOf(index) * dayMs);
      // There: one in fifty is missing, and one in a hundred is another one.
      if (index % 50 !== 0) {
        place.put(`there/${nameOf(index)}`, index % 100 === 1 ? `${content}, changed` : content);
      }
    }
  });

  after(() => {
    place.dispose();
  });

  it('sync what differs, as reckoned by the numbers that made them', async () => {
    const from = { tree: place.tree('here'), listing: await place.layer('jax', 'here') };
    const to = { tree: place.tree('there'), listing: await place.layer('jax', 'there') };
    // Reading 100,000 contents takes too long for a test; `transferring.test.ts` compares them.
    const plan = await planSync(from, to, { overwrite: true, quick: true });
    const expected = Array.from({ length: many }, (_, index) => index)
      .filter((index) => index % 50 === 0 || index % 100 === 1)
      .map(nameOf);
    assert.deepEqual(plan.writes.map(({ name }) => name).sort(), expected.sort());
    const report = await applyTransfer(to.tree, plan, contentsOfLayer(from.tree, from.listing.layer), 'Sync');
    assert.equal(report.written.length, expected.length);
    assert.deepEqual(readdirSync(join(place.root, 'there')).sort(), readdirSync(join(place.root, 'here')).sort());
    const now = { ...to, listing: await place.layer('jax', 'there') };
    const again = await planSync(from, now, { overwrite: true, removeOthers: true, quick: true });
    assert.deepEqual([again.writes.length, again.removes.length, again.same.length], [0, 0, many]);
  });

  it('vacuum by age and size, as reckoned by the numbers that made them', async () => {
    const listing = await place.layer('jax', 'here');
    const indexes = Array.from({ length: many }, (_, index) => index);
    const total = indexes.reduce((sum, index) => sum + bytesOf(index), 0);
    assert.deepEqual(layerStats(listing), {
      entries: many,
      files: many,
      bytes: total,
      oldestMs: nowMs - 89 * dayMs,
      newestMs: nowMs,
      others: 0,
    });
    const plan = planVacuum(listing, { nowMs, unusedMs: 80 * dayMs, maxBytes: Math.floor(total * 0.8) });
    const left = new Set(indexes.filter((index) => daysOf(index) <= 80));
    let bytes = [...left].reduce((sum, index) => sum + bytesOf(index), 0);
    // The rest goes day by day, and within a day by name.
    const order = [...left].sort((a, b) => daysOf(b) - daysOf(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
    for (const index of order) {
      if (bytes <= Math.floor(total * 0.8)) {
        break;
      }
      left.delete(index);
      bytes -= bytesOf(index);
    }
    await applyRemoval(place.tree('here'), plan, 'Vacuum');
    assert.deepEqual(readdirSync(join(place.root, 'here')).sort(), [...left].map(nameOf).sort());
  });
});
