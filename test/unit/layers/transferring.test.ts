import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { UserError } from '../../../src/core/errors';
import { applyTransfer, contentsOfArchive, contentsOfLayer } from '../../../src/core/layers/applyTransfer';
import { readArchive, writeArchive } from '../../../src/core/layers/archiveFile';
import { archivePath } from '../../../src/core/layers/archivePath';
import { compareLayers } from '../../../src/core/layers/compare';
import type { PlacedListing } from '../../../src/core/layers/compare';
import { planImport, planSync } from '../../../src/core/layers/transferPlan';
import { undoOperation } from '../../../src/core/layers/undo';
import { jaxName, makePlace, nowMs, traceName } from './places';
import type { Place } from './places';

function without(contents: Readonly<Record<string, string>>, names: RegExp): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(contents).filter(([name]) => !names.test(name)));
}

describe('Moving layers between places', function () {
  this.timeout(60_000);
  let place: Place;

  beforeEach(() => {
    place = makePlace();
  });

  afterEach(() => {
    place.dispose();
  });

  async function placed(folder: string, kind: 'traces' | 'jax' | 'plain' = 'jax'): Promise<PlacedListing> {
    return { tree: place.tree(folder), listing: await place.layer(kind, folder) };
  }

  /** One file for each key: what it holds here and there. */
  const sides = fc.uniqueArray(
    fc.record({
      key: fc.nat(40),
      here: fc.option(fc.constantFrom('a', 'b', 'longer'), { nil: undefined }),
      there: fc.option(fc.constantFrom('a', 'b', 'longer'), { nil: undefined }),
    }),
    { selector: ({ key }) => key, maxLength: 12 },
  );

  it('compares, plans and syncs exactly as an independent reckoning says', async () => {
    await fc.assert(
      fc.asyncProperty(sides, fc.boolean(), fc.boolean(), async (files, overwrite, removeOthers) => {
        const own = makePlace();
        try {
          own.put('here/.keep', '');
          own.put('there/.keep', '');
          const expected: Record<string, string> = {};
          const [only, other, differ, alike] = [0, 0, 0, 0].map((): string[] => []) as [
            string[],
            string[],
            string[],
            string[],
          ];
          for (const { key, here, there } of files) {
            const name = jaxName('jit_f', key);
            if (here !== undefined) {
              own.put(`here/${name}`, here, nowMs - 1000);
            }
            if (there !== undefined) {
              own.put(`there/${name}`, there, nowMs - 9000);
            }
            if (here === undefined && there !== undefined) {
              other.push(name);
            } else if (here !== undefined && there === undefined) {
              only.push(name);
            } else if (here !== undefined) {
              (here === there ? alike : differ).push(name);
            }
            const after =
              here === undefined
                ? removeOthers
                  ? undefined
                  : there
                : there === undefined || (here !== there && overwrite)
                  ? here
                  : there;
            if (after !== undefined) {
              const fromHere = here !== undefined && (there === undefined || (here !== there && overwrite));
              const hash = createHash('sha256').update(after).digest('hex').slice(0, 16);
              expected[name] = `${hash} ${Math.floor((nowMs - (fromHere ? 1000 : 9000)) / 1000)}`;
            }
          }
          const from = { tree: own.tree('here'), listing: await own.layer('jax', 'here') };
          const to = { tree: own.tree('there'), listing: await own.layer('jax', 'there') };
          const before = own.contents('there');
          const seen = await compareLayers(from, to);
          assert.deepEqual(seen.hereOnly.map(({ name }) => name).sort(), only.sort());
          assert.deepEqual(seen.thereOnly.map(({ name }) => name).sort(), other.sort());
          assert.deepEqual(seen.different.map(({ name }) => name).sort(), differ.sort());
          assert.deepEqual(seen.same.map(({ name }) => name).sort(), alike.sort());

          const plan = await planSync(from, to, { overwrite, removeOthers });
          assert.deepEqual(own.contents('there'), before, 'a plan writes nothing');
          const report = await applyTransfer(to.tree, plan, contentsOfLayer(from.tree, from.listing.layer), 'Sync', {
            history: own.history,
          });
          // The dry run told the truth: what was planned is what was done.
          assert.deepEqual(report.written.map(({ name }) => name).sort(), plan.writes.map(({ name }) => name).sort());
          assert.deepEqual(report.removed, plan.removes);
          assert.deepEqual(report.failed, []);
          const after = without(own.contents('there'), /\.keep$/);
          assert.deepEqual(after, expected);

          if (report.undoId !== undefined) {
            await undoOperation(to.tree, await own.history.read(report.undoId), own.history);
          }
          assert.deepEqual(own.contents('there'), before);
        } finally {
          own.dispose();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('writes over nothing that came after the plan', async () => {
    place.put(`here/${jaxName('jit_f', 1)}`, 'one');
    place.put(`here/${jaxName('jit_f', 2)}`, 'two');
    place.put(`here/${jaxName('jit_f', 3)}`, 'three');
    place.put('there/.keep', '');
    const [from, to] = [await placed('here'), await placed('there')];
    const plan = await planSync(from, to);
    place.put(`there/${jaxName('jit_f', 2)}`, 'theirs');
    place.put(`here/${jaxName('jit_f', 3)}`, 'three, and more');
    const report = await applyTransfer(to.tree, plan, contentsOfLayer(from.tree, from.listing.layer), 'Sync');
    assert.deepEqual(
      report.written.map(({ name }) => name),
      [jaxName('jit_f', 1)],
    );
    assert.deepEqual(
      report.failed.map(({ name, error }) => [name, error.code]).sort(),
      [
        [jaxName('jit_f', 2), 'conflict'],
        [jaxName('jit_f', 3), 'conflict'],
      ].sort(),
    );
    assert.equal(readFileSync(join(place.root, 'there', jaxName('jit_f', 2)), 'utf8'), 'theirs');
  });

  it('refuses to copy compiled gradients, and layers of two kinds', async () => {
    place.addGolden('home');
    place.put('there/.keep', '');
    const gradients = { tree: place.tree('home'), listing: await place.layer('gradients', 'home') };
    const empty = { tree: place.tree('there'), listing: await place.layer('gradients', 'there') };
    await assert.rejects(planSync(gradients, empty), /in no other/);
    await assert.rejects(planSync(gradients, await placed('there')), /nothing in common/);
  });

  it('exports what any tar can read, and imports it to the byte and the second', async () => {
    place.addGolden('home');
    const listings = [await placed('home', 'traces'), await placed('home', 'jax')];
    const archive = join(place.root, 'all.tar.gz');
    const summary = await writeArchive(archive, listings);
    assert.equal(summary.files, 15);
    const listed = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n');
    assert.equal(listed.length, 15);
    assert.ok(listed.every((name) => /^(traces|jax)\//.test(name)));
    await assert.rejects(writeArchive(archive, listings), /is there already/);

    place.put('other/.jax_cache/.keep', '');
    place.put('other/.phasic_cache/traces/.keep', '');
    const targets: readonly PlacedListing[] = (['traces', 'jax'] as const).map((kind) => ({
      tree: place.tree('other'),
      listing: {
        layer: { kind, folder: kind === 'jax' ? '.jax_cache' : '.phasic_cache/traces' },
        entries: [],
        others: 0,
      },
    }));
    const { plans, strangers } = await planImport(archive, targets);
    assert.deepEqual(strangers, []);
    for (const { tree, plan, listing } of plans) {
      const layers = targets.map((target) => target.listing.layer);
      await applyTransfer(tree, plan, contentsOfArchive(archive, layers, listing.layer), 'Import');
    }
    const imported = without(place.contents('other'), /\.keep$/);
    const original = without(place.contents('home'), /\.(?:pkl|txt)$/);
    assert.deepEqual(imported, original);
  });

  it('takes an archive of a home folder made by tar, and leaves out what belongs to no layer', async () => {
    place.addGolden('home');
    const archive = join(place.root, 'home.tgz');
    execFileSync('tar', ['-C', join(place.root, 'home'), '-czf', archive, '.']);
    place.put('there/.keep', '');
    const { plans, strangers } = await planImport(archive, [await placed('there', 'jax')]);
    assert.equal(plans[0]?.plan.writes.length, 12);
    assert.equal(strangers.length, 5);
  });

  it('plans an import again: the same stays, what differs is left unless it is to be replaced', async () => {
    const [name, other] = [jaxName('jit_f', 1), jaxName('jit_f', 2)];
    place.put(`here/${name}`, 'one');
    place.put(`here/${other}`, 'two');
    const archive = join(place.root, 'one.tar.gz');
    await writeArchive(archive, [await placed('here')]);
    place.put(`here/${other}`, 'changed');
    const target = await placed('here');
    const [left] = (await planImport(archive, [target])).plans;
    assert.deepEqual([left?.plan.same, left?.plan.left, left?.plan.writes], [[name], [other], []]);
    const [replaced] = (await planImport(archive, [target], { overwrite: true })).plans;
    const layer = target.listing.layer;
    await applyTransfer(target.tree, replaced!.plan, contentsOfArchive(archive, [layer], layer), 'Import');
    assert.equal(readFileSync(join(place.root, 'here', other), 'utf8'), 'two');
  });

  interface MadeFile {
    readonly name: string;
    readonly type?: 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device';
    readonly linkname?: string;
    readonly content?: string;
  }

  async function archiveOf(entries: readonly MadeFile[]): Promise<string> {
    const archive = pack();
    for (const { content, ...header } of entries) {
      archive.entry(header, content ?? '');
    }
    archive.finalize();
    const path = join(place.root, 'bad.tar.gz');
    writeFileSync(path, gzipSync(await buffer(archive)));
    return path;
  }

  async function readAll(path: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const file of readArchive(path)) {
      names.push(file.path);
    }
    return names;
  }

  for (const [what, entries] of [
    ['leads out', [{ name: `../${traceName(1)}`, content: '{}' }]],
    ['is absolute', [{ name: `/tmp/${traceName(1)}`, content: '{}' }]],
    ['hides a way out', [{ name: `traces/../../${traceName(1)}`, content: '{}' }]],
    ['is of another system', [{ name: `C:\\${traceName(1)}`, content: '{}' }]],
    ['is a link', [{ name: traceName(1), type: 'symlink', linkname: '/etc/passwd' }]],
    ['is a hard link', [{ name: traceName(1), type: 'link', linkname: '/etc/passwd' }]],
    ['is a device', [{ name: traceName(1), type: 'character-device' }]],
    ['is a pipe', [{ name: traceName(1), type: 'fifo' }]],
    ['is a folder outside', [{ name: '../up/', type: 'directory' }]],
    [
      'comes twice',
      [
        { name: traceName(1), content: '{}' },
        { name: `./${traceName(1)}`, content: '{}' },
      ],
    ],
  ] as const) {
    it(`refuses a whole archive with a file that ${what}`, async () => {
      const good = { name: traceName(0), content: '{}' };
      const path = await archiveOf([good, ...entries]);
      place.put('traces/.keep', '');
      const before = place.contents('traces');
      await assert.rejects(readAll(path), UserError);
      await assert.rejects(planImport(path, [await placed('traces', 'traces')]), UserError);
      assert.deepEqual(place.contents('traces'), before);
    });
  }

  it('refuses what is no archive, what was cut off, and what is not there', async () => {
    const whole = readFileSync(await archiveOf([{ name: traceName(1), content: 'x'.repeat(100_000) }]));
    for (const [name, bytes] of [
      ['text', Buffer.from('hello')],
      ['cut', whole.subarray(0, whole.length - 20)],
      ['no tar', gzipSync('hello')],
    ] as const) {
      writeFileSync(join(place.root, name), bytes);
      await assert.rejects(readAll(join(place.root, name)), UserError, name);
    }
    await assert.rejects(readAll(join(place.root, 'absent')), /There is no archive/);
  });

  it('takes a path of an archive only when it stays inside, whatever it is', () => {
    const segment = fc.oneof(
      fc.string(),
      fc.constantFrom('.', '..', '', 'a', 'C:', '..\\x', 'x\0', '~', '/', '%2e%2e', 'ü'),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        let path: string;
        try {
          path = archivePath(segments.join('/'));
        } catch (error) {
          assert.ok(error instanceof UserError);
          return;
        }
        const resolved = join('/root/of/layer', path);
        assert.ok(resolved.startsWith('/root/of/layer/'), resolved);
        assert.ok(!/[\\\0]/.test(path));
      }),
      { numRuns: 2000 },
    );
  });
});
