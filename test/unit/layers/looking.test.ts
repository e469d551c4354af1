import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SourceError, UserError } from '../../../src/core/errors';
import { GrowthWatch } from '../../../src/core/layers/growth';
import { findEntry, inspectEntry, inspectTrace } from '../../../src/core/layers/inspect';
import { readLayers } from '../../../src/core/layers/listLayer';
import { layerStats } from '../../../src/core/layers/model';
import { fingerprintOfFolder } from '../sources/fileTreeContract';
import { dayMs, jaxName, makePlace, nowMs, traceName } from './places';
import type { Place } from './places';

describe('Looking at layered local caches', () => {
  let place: Place;

  beforeEach(() => {
    place = makePlace();
  });

  afterEach(() => {
    place.dispose();
  });

  it('recognises the layers of a home folder, of a cache folder, and of one layer', async () => {
    place.addGolden();
    const kindsIn = async (folder: string): Promise<readonly string[]> =>
      (await readLayers(place.tree(folder))).map(({ layer }) => `${layer.kind}@${layer.folder}`);
    assert.deepEqual(await kindsIn(''), ['traces@.phasic_cache/traces', 'gradients@.phasic_cache', 'jax@.jax_cache']);
    assert.deepEqual(await kindsIn('.phasic_cache'), ['traces@traces', 'gradients@']);
    assert.deepEqual(await kindsIn('.phasic_cache/traces'), ['traces@']);
    assert.deepEqual(await kindsIn('.jax_cache'), ['jax@']);
  });

  it('recognises nothing in a folder of other things, and says when there is no folder', async () => {
    place.put('traces/readme.txt', 'x');
    assert.deepEqual(await readLayers(place.tree()), []);
    await assert.rejects(
      readLayers(place.tree('absent')),
      (error) => error instanceof SourceError && error.code === 'not-found',
    );
  });

  it('counts files, bytes, the newest and the oldest, and what is none of the layer', async () => {
    place.put(`jax/${jaxName('jit_f', 1)}`, 'x'.repeat(10), nowMs - 3 * dayMs);
    place.put(`jax/${jaxName('jit_f', 2)}`, 'x'.repeat(20), nowMs - 9 * dayMs);
    place.put('jax/notes.txt', 'x');
    symlinkSync('/etc/passwd', join(place.root, 'jax', jaxName('jit_g', 3)));
    const stats = layerStats(await place.layer('jax', 'jax'));
    assert.deepEqual(stats, {
      entries: 2,
      files: 2,
      bytes: 30,
      oldestMs: nowMs - 9 * dayMs,
      newestMs: nowMs - 3 * dayMs,
      others: 2,
    });
  });

  it('takes the file in which JAX keeps the last use along with its compilation', async () => {
    const name = jaxName('jit_f', 1);
    place.put(name, 'x'.repeat(10), nowMs - 40 * dayMs);
    place.put(name.replace(/-cache$/, '-atime'), 'timetime', nowMs - dayMs);
    place.put(jaxName('jit_f', 2).replace(/-cache$/, '-atime'), 'timetime', nowMs);
    const { entries, others } = await place.layer('jax');
    assert.deepEqual(
      entries.map(({ bytes, usedMs, companions }) => ({ bytes, usedMs, companions: companions.length })),
      [{ bytes: 18, usedMs: nowMs - dayMs, companions: 1 }],
    );
    assert.equal(others, 1);
  });

  it('goes into the folders of a plain layer, and never through a link', async () => {
    place.put('plain/a/b/c.bin', 'x');
    place.put('plain/top.txt', 'x');
    place.put('outside/secret', 'x');
    symlinkSync(join(place.root, 'outside'), join(place.root, 'plain', 'link'));
    const listing = await place.layer('plain', 'plain');
    assert.deepEqual(
      listing.entries.map(({ name }) => name),
      ['a/b/c.bin', 'top.txt'],
    );
    assert.equal(listing.others, 1);
  });

  it('finds an entry by the start of its name, and says when that is not enough', async () => {
    place.addGolden();
    const { entries } = await place.layer('traces');
    assert.equal(findEntry(entries, '5b05').name.slice(0, 8), '5b050352');
    assert.throws(() => findEntry(entries, 'c'), /is the start of 2 names/);
    assert.throws(() => findEntry(entries, 'nothing'), UserError);
    assert.throws(() => findEntry(entries, ''), UserError);
  });

  it('sums up every golden trace as counting its JSON by hand does', async () => {
    place.addGolden();
    const listing = await place.layer('traces');
    assert.equal(listing.entries.length, 3);
    for (const entry of listing.entries) {
      const seen = await inspectEntry(place.tree(), listing.layer, entry);
      const raw = JSON.parse(readFileSync(join(place.root, '.phasic_cache/traces', entry.name), 'utf8')) as {
        n_vertices: number;
        param_length: number;
        state_length: number;
        operations: { op_type: number }[];
      };
      assert.ok(seen.kind === 'trace');
      assert.equal(seen.summary.vertices, raw.n_vertices);
      assert.equal(seen.summary.parameters, raw.param_length);
      assert.equal(seen.summary.stateLength, raw.state_length);
      assert.equal(seen.summary.operations, raw.operations.length);
      for (const { type, count } of seen.summary.operationTypes) {
        assert.equal(count, raw.operations.filter(({ op_type }) => op_type === type).length);
      }
    }
  });

  for (const [what, text, problem] of [
    ['cut off', '{"n_vertices": 8, "oper', /no JSON/],
    ['a list', '[1, 2]', /no trace/],
    ['something else', '{"a": 1}', /not all of/],
    ['without types', '{"n_vertices":1,"param_length":1,"state_length":1,"operations":[null]}', /no type/],
  ] as const) {
    it(`says what is wrong with a trace that is ${what}`, () => {
      const seen = inspectTrace(Buffer.from(text));
      assert.ok(seen.kind === 'brokenTrace');
      assert.match(seen.problem, problem);
    });
  }

  it('never reads a pickle', async () => {
    place.addGolden();
    const listing = await place.layer('gradients');
    const tree = place.tree();
    tree.read = async () => Promise.reject(new Error('it was read'));
    assert.deepEqual(await inspectEntry(tree, listing.layer, listing.entries[0]!), { kind: 'gradient' });
  });

  it('names the function of a compilation, and how it is compressed', async () => {
    place.addGolden();
    const listing = await place.layer('jax');
    const seen = await inspectEntry(place.tree(), listing.layer, findEntry(listing.entries, 'jit_f-14'));
    assert.ok(seen.kind === 'compilation');
    assert.equal(seen.function, 'jit_f');
    assert.equal(seen.hash.length, 64);
    assert.match(seen.format, /compressed/);
  });

  it('shows the start of a text, and the bytes of anything else', async () => {
    place.put('plain/text', 'é'.repeat(3000));
    place.put('plain/bytes', Buffer.from([0, 1, 2, 255]));
    const [listing] = await readLayers(place.tree('plain'), { layout: 'plain' });
    const [bytes, text] = await Promise.all(
      listing!.entries.map(async (entry) => inspectEntry(place.tree('plain'), listing!.layer, entry)),
    );
    assert.ok(text?.kind === 'text' && text.cut && /^é+$/.test(text.text));
    assert.ok(bytes?.kind === 'bytes' && bytes.firstBytes.length === 4);
  });

  it('writes nothing while it looks', async () => {
    place.addGolden();
    const before = fingerprintOfFolder(place.root);
    for (const listing of await readLayers(place.tree())) {
      for (const entry of listing.entries) {
        await inspectEntry(place.tree(), listing.layer, entry);
      }
    }
    assert.deepEqual(fingerprintOfFolder(place.root), before);
  });

  it('warns once of what has grown beyond its limit, and again only after it had shrunk', () => {
    const watch = new GrowthWatch();
    const seen = [90, 101, 150, 95, 101, 80, 101].map((bytes) => watch.observe(bytes, 100));
    assert.deepEqual(seen, [false, true, false, false, false, false, true]);
    assert.equal(new GrowthWatch().observe(1e12, undefined), false);
  });

  it('knows traces by their whole name alone', async () => {
    place.put(`traces/${traceName(1)}`, '{}');
    place.put(`traces/${traceName(2).toUpperCase()}`, '{}');
    place.put(`traces/${traceName(3)}.partial`, '{}');
    const { entries, others } = await place.layer('traces');
    assert.equal(entries.length, 1);
    assert.equal(others, 2);
  });
});
