import assert from 'node:assert/strict';
import type { LayerEntry, LayerKind, LayerListing } from '../../../src/core/layers/model';
import { LocalContents, pageSize } from '../../../src/vscode/localCaches/contents';
import type { LocalPlace, LocalPlaces } from '../../../src/vscode/localCaches/localPlaces';
import { LocalNodePool } from '../../../src/vscode/localCaches/nodes';
import type { LocalNode } from '../../../src/vscode/localCaches/nodes';
import { dayMs, jaxName, nowMs, traceName } from '../layers/places';

function entry(name: string, usedMs = nowMs): LayerEntry {
  return { name, sizeBytes: 10, modifiedMs: usedMs, companions: [], bytes: 10, usedMs };
}

function contentsOf(kind: LayerKind, entries: readonly LayerEntry[], error?: Error) {
  const listing: LayerListing = { layer: { kind, folder: '' }, entries, others: 0 };
  const place = { id: 'home', label: 'home' } as LocalPlace;
  // Only what drawing asks for: the rest reads caches, and drawing never does.
  const places = {
    state: () => ({ listings: entries.length === 0 ? undefined : [listing], error, reading: false }),
  } as unknown as LocalPlaces;
  const pool = new LocalNodePool();
  const contents = new LocalContents(places, pool, () => nowMs);
  return { contents, pool, place, layer: pool.layer(place, kind) };
}

const kinds = (nodes: readonly LocalNode[]): string => nodes.map(({ kind }) => kind[0]).join('');

describe('Rows of local caches', () => {
  it('shows a page of 50,000 entries, and the next one when asked', () => {
    const { contents, layer } = contentsOf(
      'traces',
      Array.from({ length: 50_000 }, (_, key) => entry(traceName(key))),
    );
    const first = contents.children(layer);
    assert.equal(first.length, pageSize + 1);
    const more = first.at(-1)!;
    assert.equal(more.kind, 'more');
    assert.equal(contents.hidden(more), 50_000 - pageSize);
    assert.equal(contents.showMore(more), layer);
    const second = contents.children(layer);
    assert.equal(second.length, 2 * pageSize + 1);
    assert.deepEqual(second.slice(0, pageSize), first.slice(0, pageSize), 'the same objects, so that rows stay');
  });

  it('groups compilations by their function, and traces by their age', () => {
    const jax = contentsOf('jax', [entry(jaxName('jit_f', 1)), entry(jaxName('jit_g', 1)), entry(jaxName('jit_f', 2))]);
    const groups = contentsGroups(jax);
    assert.deepEqual(groups, [
      ['jit_f', 2],
      ['jit_g', 1],
    ]);
    const traces = contentsOf(
      'traces',
      [0, 3, 20, 40, 50].map((days, key) => entry(traceName(key), nowMs - days * dayMs)),
    );
    assert.deepEqual(contentsGroups(traces), [
      ['Used in the last day', 1],
      ['Used in the last 7 days', 1],
      ['Used in the last 30 days', 1],
      ['Not used for 30 days', 2],
    ]);
  });

  function contentsGroups({ contents, layer }: ReturnType<typeof contentsOf>): readonly (readonly [string, number])[] {
    return contents.children(layer).map((node) => {
      const group = contents.group(node);
      return [group?.label ?? '', contents.children(node).length] as const;
    });
  }

  it('needs no group where there is only one, and finds the way from every row to its place', () => {
    const { contents, pool, place, layer } = contentsOf('jax', [entry(jaxName('jit_f', 1))]);
    assert.equal(kinds(contents.children(layer)), 'e');
    const [row] = contents.children(layer);
    assert.equal(contents.parent(row!), layer);
    assert.equal(contents.parent(layer), pool.place(place));
    assert.equal(contents.parent(pool.place(place)), undefined);
    const grouped = contentsOf('jax', [entry(jaxName('jit_f', 1)), entry(jaxName('jit_g', 1))]);
    const [group] = grouped.contents.children(grouped.layer);
    const [below] = grouped.contents.children(group!);
    assert.equal(grouped.contents.parent(below!), group);
    assert.equal(grouped.contents.entry(below!)?.name, jaxName('jit_f', 1));
  });

  it('puts what failed above the last good rows, and says so where nothing is recognised', () => {
    const failed = contentsOf('jax', [entry(jaxName('jit_f', 1))], new Error('no'));
    assert.equal(kinds(failed.contents.children(failed.pool.place(failed.place))), 'pl');
    const none = contentsOf('jax', []);
    assert.equal(kinds(none.contents.children(none.pool.place(none.place))), 'p');
  });

  it('gives every row an id of its own that begins with its family', () => {
    const { contents, pool, place, layer } = contentsOf(
      'plain',
      ['a/b', 'a/c', 'b/a', 'c'].map((name) => entry(name)),
    );
    const rows: LocalNode[] = [pool.place(place), pool.problem(place), layer];
    for (const group of contents.children(layer)) {
      rows.push(group, ...contents.children(group), pool.more(place, 'plain', 'group' in group ? group.group : ''));
    }
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.ok(rows.every(({ id }) => id.startsWith('localCaches:')));
  });
});
