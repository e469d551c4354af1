import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { dayMs, jaxName, makePlace, nowMs, traceName } from '../layers/places';
import type { Place } from '../layers/places';
import { runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

describe('context-cache layers', () => {
  let place: Place;
  const at = ['--now', new Date(nowMs).toISOString()] as const;

  beforeEach(() => {
    place = makePlace();
    place.addGolden('home');
  });

  afterEach(() => {
    place.dispose();
  });

  async function layers(args: readonly string[], options: { readonly answer?: boolean } = {}): Promise<CommandResult> {
    return runCommand(['layers', ...args], {
      ...options,
      cwd: place.root,
      env: { CONTEXT_CACHE_HOME: join(place.root, 'data'), HOME: join(place.root, 'home') },
    });
  }

  async function json(
    args: readonly string[],
  ): Promise<Record<string, unknown> & { layers: Record<string, unknown>[] }> {
    const { out } = await layers([...args, '--json']);
    return JSON.parse(out) as Record<string, unknown> & { layers: Record<string, unknown>[] };
  }

  it('sums up the home folder when no place is named', async () => {
    const { layers: found } = await json(['info']);
    assert.deepEqual(
      found.map(({ layer, files, bytes, others }) => ({ layer, files, bytes, others })),
      [
        { layer: 'traces', files: 3, bytes: 8432, others: 0 },
        { layer: 'gradients', files: 1, bytes: 31, others: 2 },
        { layer: 'jax', files: 12, bytes: 29927, others: 0 },
      ],
    );
    const { code, out } = await layers(['info', '--source', 'home/.jax_cache']);
    assert.equal(code, 0);
    assert.match(out, /^jax +\. +12 +29 KiB/m);
  });

  it('lists, sorted and cut as asked', async () => {
    const listed = await layers(['ls', '--layer', 'jax', '--sort', 'size', '--limit', '2']);
    assert.match(listed.out, /3\.0 KiB .* jit_f-d9c5/);
    assert.match(listed.messages, /10 more of jax/);
  });

  it('says what a trace is, as a summary and as its JSON', async () => {
    const { out, code } = await layers(['inspect', '5b05']);
    assert.equal(code, 0);
    assert.match(out, /^vertices: 8$/m);
    assert.match(out, /^parameters: 1$/m);
    const raw = await layers(['inspect', '5b05', '--raw']);
    assert.equal((JSON.parse(raw.out) as { n_vertices: number }).n_vertices, 8);
    assert.match((await layers(['inspect', 'jit_f-14'])).out, /^function: jit_f$/m);
    assert.match((await layers(['inspect', 'compiled'])).out, /unpickling runs what is inside/);
  });

  it('clears only what was confirmed, and takes it back', async () => {
    const before = place.contents('home');
    const refused = await layers(['clear', '--layer', 'traces']);
    assert.equal(refused.code, 1);
    assert.match(refused.messages, /traces: remove 3/);
    assert.deepEqual(place.contents('home'), before);
    const dry = await json(['clear', '--layer', 'traces', '--dry-run']);
    assert.equal((dry.layers[0]?.['remove'] as unknown[]).length, 3);
    assert.deepEqual(place.contents('home'), before);
    const done = await layers(['clear', '--layer', 'traces'], { answer: true });
    assert.equal(done.code, 0);
    assert.equal(Object.keys(place.contents('home')).length, Object.keys(before).length - 3);
    const id = /layers undo (\S+)/.exec(done.out)?.[1] ?? '';
    assert.match((await layers(['undo'])).out, new RegExp(id));
    assert.equal((await layers(['undo', id])).code, 0);
    assert.deepEqual(place.contents('home'), before);
    assert.equal((await layers(['undo', id])).code, 1);
  });

  it('needs a layer to be chosen where there are several', async () => {
    const { code, messages } = await layers(['clear', '--yes']);
    assert.equal(code, 1);
    assert.match(messages, /Choose one with --layer/);
  });

  it('clears one entry by the start of its name', async () => {
    await layers(['clear', '5b05', '--layer', 'traces', '--yes']);
    assert.equal(place.names('home/.phasic_cache/traces').length, 2);
  });

  it('vacuums by age and by size as it was told, else by the usual limits', async () => {
    const old = place.names('home/.jax_cache')[0]!;
    const seconds = (nowMs - 31 * dayMs) / 1000;
    for (const name of place.names('home/.jax_cache')) {
      utimesSync(join(place.root, 'home/.jax_cache', name), nowMs / 1000, nowMs / 1000);
    }
    utimesSync(join(place.root, 'home/.jax_cache', old), seconds, seconds);
    const dry = await json(['vacuum', '--layer', 'jax', '--dry-run', ...at]);
    assert.deepEqual(
      (dry.layers[0]?.['remove'] as { name: string; reason: string }[]).map(({ name, reason }) => [name, reason]),
      [[old, 'age']],
    );
    const sized = await layers(['vacuum', '--layer', 'jax', '--max-size', '10K', '--yes', ...at]);
    assert.equal(sized.code, 0);
    const { layers: left } = await json(['info', '--layer', 'jax']);
    assert.ok(Number(left[0]?.['bytes']) <= 10 * 1024);
  });

  it('exports and imports into a new folder', async () => {
    assert.equal((await layers(['export', 'all.tar.gz'])).code, 0);
    assert.equal((await layers(['export', 'all.tar.gz'])).code, 1, 'it is there already');
    const done = await layers(['import', 'all.tar.gz', '--source', 'new', '--layout', 'jax', '--yes']);
    assert.equal(done.code, 0);
    assert.match(done.messages, /3 files of the archive belong to no layer/);
    assert.deepEqual(place.contents('new'), place.contents('home/.jax_cache'));
    const again = await layers(['import', 'all.tar.gz', '--source', 'new', '--layout', 'jax', '--yes']);
    assert.match(again.out, /12 the same/);
  });

  it('syncs a new home folder with exactly what the dry run said', async () => {
    const before = place.contents();
    const dry = await json(['sync', '--from', 'home', '--source', 'other', '--dry-run']);
    assert.deepEqual(place.contents(), before);
    const planned = dry.layers.flatMap(({ write }) => (write as { name: string }[]).map(({ name }) => name));
    assert.equal(planned.length, 15);
    const done = await layers(['sync', '--from', 'home', '--source', 'other', '--yes']);
    assert.equal(done.code, 0);
    assert.deepEqual(
      place
        .names('other')
        .map((name) => name.slice(name.lastIndexOf('/') + 1))
        .sort(),
      planned.sort(),
    );
    assert.deepEqual(place.contents('other/.jax_cache'), place.contents('home/.jax_cache'));
    assert.equal((await layers(['compare', '--with', 'other', '--layer', 'jax'])).code, 0);
  });

  it('compares two places: here only, there only, different', async () => {
    place.put(`one/${jaxName('jit_f', 1)}`, 'a');
    place.put(`one/${jaxName('jit_f', 2)}`, 'b');
    place.put(`two/${jaxName('jit_f', 2)}`, 'c');
    place.put(`two/${jaxName('jit_f', 3)}`, 'd');
    const { code, out } = await layers(['compare', '--source', 'one', '--with', 'two']);
    assert.equal(code, 1);
    assert.match(out, /1 here only, 1 there only, 1 different, 0 the same/);
    const quick = await layers(['compare', '--source', 'one', '--with', 'two', '--quick']);
    assert.match(quick.out, /0 different, 1 the same/);
  });

  it('watches the growth and warns of what is beyond the limit', async () => {
    const fine = await layers(['watch', '--limit', '1MB', '--looks', '1']);
    assert.equal(fine.code, 0);
    assert.match(fine.out, /jax: 12 files/);
    const above = await layers(['watch', '--limit', '10KB', '--looks', '1', '--json']);
    assert.equal(above.code, 1);
    assert.match(above.messages, /jax has grown beyond 10 KiB/);
    const { looks } = JSON.parse(above.out) as { looks: { layer: string; aboveLimit: boolean }[] };
    assert.deepEqual(
      looks.filter(({ aboveLimit }) => aboveLimit).map(({ layer }) => layer),
      ['jax'],
    );
  });

  it('works the same behind a program that runs a shell', async () => {
    const source = ['--source-command', '["env"]', '--root', join(place.root, 'home')];
    const { layers: found } = await json(['info', ...source]);
    assert.deepEqual(
      found.map(({ files }) => files),
      [3, 1, 12],
    );
    const name = place.names('home/.phasic_cache/traces')[0]!;
    const before = place.contents('home');
    const done = await layers(['clear', name, '--layer', 'traces', '--yes', ...source]);
    assert.equal(done.code, 0);
    const id = /layers undo (\S+)/.exec(done.out)?.[1] ?? '';
    assert.equal((await layers(['undo', id, ...source])).code, 0);
    assert.deepEqual(place.contents('home'), before, 'its time came back too');
  });

  for (const [what, args, code, message] of [
    ['a folder without a cache', ['info', '--source', '.'], 1, /No cache is recognised/],
    ['a place that is not there', ['info', '--source', 'absent'], 1, /does not exist/],
    ['an unknown layer', ['info', '--layer', 'mine'], 2, /Use one of/],
    ['a size that is none', ['vacuum', '--max-size', 'much'], 2, /Give a size/],
    ['a negative age', ['vacuum', '--older-than', '-1'], 2, /Give the days/],
    ['an entry that is not there', ['inspect', 'nothing', '--layer', 'traces'], 1, /There is no entry/],
    [
      'an archive that is not there',
      ['import', 'none.tgz', '--layout', 'jax', '--source', 'x'],
      1,
      /There is no archive/,
    ],
    ['an operation that is not there', ['undo', '../../etc/passwd'], 1, /There is no operation/],
    ['gradients to be exported', ['export', 'g.tgz', '--layer', 'gradients'], 1, /in no other/],
  ] as const) {
    it(`says what to do about ${what}`, async () => {
      const result = await layers(args);
      assert.equal(result.code, code);
      assert.match(result.messages, message);
    });
  }

  it('takes an archive that tries to get out of the folder for what it is', async () => {
    place.put(`evil/${traceName(1)}`, '{}');
    execFileSync('tar', [
      '-C',
      join(place.root, 'evil'),
      '-czf',
      join(place.root, 'evil.tgz'),
      '--transform=s,^,../,',
      traceName(1),
    ]);
    const { code, messages } = await layers(['import', 'evil.tgz', '--source', 'home', '--yes']);
    assert.equal(code, 1);
    assert.match(messages, /leads out of the archive/);
  });
});
