import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { SourceError } from '../../../src/core/errors';
import { applyRemoval } from '../../../src/core/layers/applyRemoval';
import type { LayerEntry, LayerListing } from '../../../src/core/layers/model';
import { planClear, planVacuum } from '../../../src/core/layers/removal';
import { undoOperation } from '../../../src/core/layers/undo';
import { dayMs, jaxName, makePlace, nowMs, traceName } from './places';
import type { Place } from './places';

function listingOf(files: readonly { readonly bytes: number; readonly usedMs: number }[]): LayerListing {
  const entries = files.map(({ bytes, usedMs }, index): LayerEntry => ({
    name: jaxName('jit_f', index),
    sizeBytes: bytes,
    modifiedMs: usedMs,
    companions: [],
    bytes,
    usedMs,
  }));
  return { layer: { kind: 'jax', folder: '' }, entries, others: 0 };
}

describe('Clearing and vacuuming layers', () => {
  let place: Place;

  beforeEach(() => {
    place = makePlace();
  });

  afterEach(() => {
    place.dispose();
  });

  const files = fc.array(
    fc.record({ bytes: fc.nat(1000), usedMs: fc.integer({ min: nowMs - 90 * dayMs, max: nowMs + dayMs }) }),
    { maxLength: 60 },
  );

  it('plans what an independent reckoning finds, whatever the ages and sizes', () => {
    fc.assert(
      fc.property(
        files,
        fc.option(fc.nat(90), { nil: undefined }),
        fc.option(fc.nat(30_000), { nil: undefined }),
        (all, days, maxBytes) => {
          const plan = planVacuum(listingOf(all), {
            nowMs,
            unusedMs: days === undefined ? undefined : days * dayMs,
            maxBytes,
          });
          // By another way: of every entry, whether it is too old, or whether all younger ones and it do not fit.
          const { entries } = plan.listing;
          const isOlder = (a: LayerEntry, b: LayerEntry): boolean =>
            a.usedMs < b.usedMs || (a.usedMs === b.usedMs && a.name < b.name);
          const expected = entries.filter((entry) => {
            const tooOld = days !== undefined && entry.usedMs < nowMs - days * dayMs;
            const fromHere = entries
              .filter((other) => other === entry || isOlder(entry, other))
              .reduce((sum, { bytes }) => sum + bytes, 0);
            return tooOld || (maxBytes !== undefined && fromHere > maxBytes);
          });
          assert.deepEqual(
            plan.removals.map(({ entry }) => entry.name).sort(),
            expected.map(({ name }) => name).sort(),
          );
          assert.equal(plan.removals.length + plan.keptEntries, entries.length);
          assert.equal(
            plan.removedBytes + plan.keptBytes,
            entries.reduce((sum, { bytes }) => sum + bytes, 0),
          );
          assert.ok(maxBytes === undefined || plan.keptBytes <= maxBytes);
        },
      ),
    );
  });

  it('removes exactly what it planned, and puts everything back with its time', async () => {
    place.addGolden('home');
    for (const [index, { name }] of (await place.layer('jax', 'home')).entries.entries()) {
      const seconds = (nowMs - index * 5 * dayMs) / 1000;
      utimesSync(join(place.root, 'home', '.jax_cache', name), seconds, seconds);
    }
    const before = place.contents('home');
    const listing = await place.layer('jax', 'home');
    const plan = planVacuum(listing, { nowMs, unusedMs: 30 * dayMs });
    assert.equal(plan.removals.length, 5);
    const report = await applyRemoval(place.tree('home'), plan, 'Vacuum', { history: place.history });
    const gone = new Set(plan.removals.map(({ entry }) => `.jax_cache/${entry.name}`));
    assert.deepEqual(
      place.names('home'),
      Object.keys(before).filter((name) => !gone.has(name)),
    );
    assert.equal(report.removedBytes, plan.removedBytes);
    const undone = await undoOperation(place.tree('home'), await place.history.read(report.undoId!), place.history);
    assert.equal(undone.restored.length, 5);
    assert.deepEqual(place.contents('home'), before);
    assert.deepEqual(await place.history.list(), []);
  });

  it('takes a compilation together with the file of its last use', async () => {
    const name = jaxName('jit_f', 1);
    place.put(`jax/${name}`, 'x', nowMs - 40 * dayMs);
    place.put(`jax/${name.replace(/-cache$/, '-atime')}`, 't', nowMs - 39 * dayMs);
    const plan = planVacuum(await place.layer('jax', 'jax'), { nowMs, unusedMs: 30 * dayMs });
    await applyRemoval(place.tree('jax'), plan, 'Vacuum');
    assert.deepEqual(place.names('jax'), []);
  });

  it('leaves alone what was used or written after the plan was made', async () => {
    place.put(`traces/${traceName(1)}`, 'one', nowMs - 40 * dayMs);
    place.put(`traces/${traceName(2)}`, 'two', nowMs - 40 * dayMs);
    place.put(`traces/${traceName(3)}`, 'three', nowMs - 40 * dayMs);
    const plan = planClear(await place.layer('traces', 'traces'));
    place.put(`traces/${traceName(1)}`, 'new', nowMs);
    place.put(`traces/${traceName(4)}`, 'four', nowMs);
    const report = await applyRemoval(place.tree('traces'), plan, 'Clear', { history: place.history });
    assert.equal(report.removed.length, 2);
    assert.deepEqual(
      report.changed.map(({ name }) => name),
      [traceName(1)],
    );
    assert.deepEqual(place.names('traces'), [traceName(1), traceName(4)].sort());
  });

  it('never touches what is none of the layer', async () => {
    place.addGolden();
    for (const kind of ['traces', 'jax', 'gradients'] as const) {
      await applyRemoval(place.tree(), planClear(await place.layer(kind)), 'Clear');
    }
    assert.deepEqual(place.names(), ['.phasic_cache/notes.txt']);
  });

  it('puts back only where nothing has come since, and says what it left', async () => {
    place.put(`traces/${traceName(1)}`, 'one', nowMs);
    place.put(`traces/${traceName(2)}`, 'two', nowMs);
    const plan = planClear(await place.layer('traces', 'traces'));
    const { undoId } = await applyRemoval(place.tree('traces'), plan, 'Clear', { history: place.history });
    place.put(`traces/${traceName(2)}`, 'made anew', nowMs);
    const undone = await undoOperation(place.tree('traces'), await place.history.read(undoId!), place.history);
    assert.deepEqual(undone.restored, [traceName(1)]);
    assert.deepEqual(
      undone.left.map(({ name, error }) => [name, error.code]),
      [[traceName(2), 'conflict']],
    );
    assert.equal((await place.history.list()).length, 1);
  });

  it('says before that more than is kept can not be taken back, and keeps nothing of it', async () => {
    const small = makePlace({ historyBytes: 100 });
    try {
      small.put(`traces/${traceName(1)}`, 'x'.repeat(101), nowMs);
      const plan = planClear(await small.layer('traces', 'traces'));
      assert.equal(small.history.canKeep(plan.removedBytes), false);
      const report = await applyRemoval(small.tree('traces'), plan, 'Clear', { history: small.history });
      assert.equal(report.removed.length, 1);
      assert.equal(report.undoId, undefined);
      assert.deepEqual(small.names('history'), []);
    } finally {
      small.dispose();
    }
  });

  it('drops the oldest operations when more is kept than fits', async () => {
    const small = makePlace({ historyBytes: 1500 });
    try {
      const kept: string[] = [];
      for (const key of [1, 2, 3, 4, 5]) {
        kept.push(`Clear ${key}`);
        // Random enough that it does not compress to nothing.
        const content = Array.from({ length: 20 }, (_, at) => traceName(`${key} ${at}`)).join('');
        small.put(`traces/${traceName(key)}`, content);
        const plan = planClear(await small.layer('traces', 'traces'));
        const { undoId } = await applyRemoval(small.tree('traces'), plan, `Clear ${key}`, { history: small.history });
        assert.ok(undoId !== undefined);
      }
      const operations = [...(await small.history.list())].reverse();
      assert.deepEqual(
        operations.map(({ title }) => title),
        kept.slice(-operations.length),
      );
      assert.ok(operations.length < 5, `${operations.length} are kept`);
      assert.equal(small.names('history').length, 2 * operations.length);
    } finally {
      small.dispose();
    }
  });

  it('stops when it is cancelled, and says what it did until then', async () => {
    place.put(`traces/${traceName(1)}`, 'one');
    const plan = planClear(await place.layer('traces', 'traces'));
    const abort = new AbortController();
    const tree = place.tree('traces');
    const commit = tree.commit.bind(tree);
    tree.commit = async (change, options) => {
      abort.abort();
      return commit(change, options);
    };
    const report = await applyRemoval(tree, plan, 'Clear', { signal: abort.signal });
    assert.equal(report.interrupted?.code, 'cancelled');
    assert.equal(report.removed.length, 0);
    assert.deepEqual(place.names('traces'), [traceName(1)]);
  });

  it('removes the others when one can not be removed', async () => {
    const names = [1, 2, 3, 4, 5].map(traceName).sort();
    for (const name of names) {
      place.put(`traces/${name}`, 'x');
    }
    const tree = place.tree('traces');
    const commit = tree.commit.bind(tree);
    tree.commit = async (change, options) => {
      if (change.removes?.includes(names[2]!) === true) {
        throw new SourceError('forbidden', 'It may not be removed.', { nextStep: 'Ask.' });
      }
      return commit(change, options);
    };
    const report = await applyRemoval(tree, planClear(await place.layer('traces', 'traces')), 'Clear');
    assert.equal(report.removed.length, 4);
    assert.deepEqual(
      report.failed.map(({ entry, error }) => [entry.name, error.code]),
      [[names[2], 'forbidden']],
    );
    assert.deepEqual(place.names('traces'), [names[2]]);
  });
});
