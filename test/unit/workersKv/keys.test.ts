import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { planKvBump } from '../../../src/core/workersKv/bump';
import {
  chunkKey,
  formatEntryKey,
  parseChunkKey,
  parseEntryKey,
  versionKeyIsCut,
  versionKeyOf,
} from '../../../src/core/workersKv/entryKeys';
import { kvFindings } from '../../../src/core/workersKv/findings';
import { groupKvEntries, kvGroupings } from '../../../src/core/workersKv/groups';
import { selectKv } from '../../../src/core/workersKv/select';
import { buildKvSnapshot } from '../../../src/core/workersKv/snapshot';
import { parseTag } from '../../../src/core/workersKv/tags';
import { parseKvTarget } from '../../../src/core/workersKv/target';

const golden = path.join(__dirname, '../../fixtures/golden/workers-kv/video-resizer-keys.txt');

function goldenKeys(which: 'C' | 'V') {
  return readFileSync(golden, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${which} `))
    .map((line) => {
      const [, key, expiration, metadata] = /^. (\S+) (\S+) (.*)$/.exec(line)!;
      return {
        key: key!,
        expiration: expiration === '-' ? undefined : Number(expiration),
        metadata: JSON.parse(metadata!) as unknown,
      };
    });
}

describe('The keys that the Video Resizer wrote', () => {
  const nowMs = 1_795_208_500_000;
  const snapshot = buildKvSnapshot(goldenKeys('C'), goldenKeys('V'), nowMs);

  it('are entries with their chunks joined, each with its version', () => {
    assert.deepEqual(
      snapshot.entries.map(({ key, mode, path: original, derivative, sizeBytes, chunks, version, state }) => [
        key,
        mode,
        original,
        derivative,
        sizeBytes,
        chunks?.length,
        version?.version,
        state,
      ]),
      [
        [
          'frame:videos/category/clip.mp4:w=640:t=5s:f=jpg',
          'frame',
          'videos/category/clip.mp4',
          undefined,
          900,
          undefined,
          1,
          'fresh',
        ],
        [
          'video:videos/category/big.mp4:derivative=desktop',
          'video',
          'videos/category/big.mp4',
          'desktop',
          22020096,
          5,
          1,
          'fresh',
        ],
        [
          'video:videos/category/clip.mp4:w=640:q=high',
          'video',
          'videos/category/clip.mp4',
          undefined,
          900,
          undefined,
          1,
          'fresh',
        ],
        [
          'video:videos/category/my-clip.mp4:derivative=mobile',
          'video',
          'videos/category/my-clip.mp4',
          'mobile',
          5000,
          undefined,
          2,
          'fresh',
        ],
      ],
    );
    assert.deepEqual(snapshot.orphanChunks, []);
    assert.deepEqual(kvFindings(snapshot), []);
  });

  it('expire by themselves for nobody: later, all are found expired', () => {
    const later = buildKvSnapshot(goldenKeys('C'), goldenKeys('V'), nowMs + 3_600_000);
    assert.deepEqual(
      kvFindings(later).map(({ id }) => id),
      ['expired', 'expired', 'expired', 'expired'],
    );
  });

  it('stand in groups by all that they share', () => {
    const shown = Object.fromEntries(
      kvGroupings.map((grouping) => [
        grouping,
        groupKvEntries(snapshot.entries, grouping).map(({ name, entries }) => `${name ?? '-'} ${entries.length}`),
      ]),
    );
    assert.deepEqual(shown['derivative'], ['desktop 1', 'mobile 1', '- 2']);
    assert.deepEqual(shown['mode'], ['frame 1', 'video 3']);
    assert.deepEqual(shown['format'], ['jpg 1', '- 3']);
    assert.deepEqual(shown['version'], ['2 1', '1 3']);
    assert.deepEqual(shown['path'], [
      'videos/category/big.mp4 1',
      'videos/category/clip.mp4 2',
      'videos/category/my-clip.mp4 1',
    ]);
    assert.ok(shown['tag']!.includes('video-p-category-clip.mp4 2'));
  });

  it('are chosen by what they say', () => {
    const keysOf = (criteria: Parameters<typeof selectKv>[1]) => selectKv(snapshot, criteria).entries.length;
    assert.equal(keysOf({ tag: 'video-d-desktop' }), 1);
    assert.equal(keysOf({ path: 'videos/**' }), 4);
    assert.equal(keysOf({ path: 'videos/category/clip.mp4', mode: 'frame' }), 1);
    assert.equal(keysOf({ format: 'jpg' }), 1);
    assert.equal(keysOf({ version: 2 }), 1);
    assert.throws(() => keysOf({ keys: ['nowhere'] }), { name: 'UserError' });
  });
});

describe('Keys of entries', () => {
  const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,8}$/);
  const pathText = fc.string({ minLength: 1, unit: 'grapheme' }).filter(
    (text) =>
      !text
        .split(':')
        .slice(1)
        .some((part) => /^[A-Za-z][A-Za-z0-9_-]*=/.test(part)),
  );
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(':', ''));

  it('are read as they are written', () => {
    fc.assert(
      fc.property(word, pathText, fc.array(fc.tuple(word, value)), (mode, original, parameters) => {
        const key = formatEntryKey({ mode, path: original, parameters });
        assert.deepEqual(parseEntryKey(key), { mode, path: original, parameters });
      }),
    );
  });

  it('of any text are read as something that gives the same text again, or as nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parts = parseEntryKey(text);
        assert.ok(parts === undefined || formatEntryKey(parts) === text);
      }),
    );
  });

  it('of chunks lead back to the entry', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.nat(999_999), (entryKey, index) => {
        assert.deepEqual(parseChunkKey(chunkKey(entryKey, index)), { entryKey, index });
      }),
    );
    for (const key of ['_chunk_1', 'a_chunk_', 'a_chunk_01', 'a_chunk_1x', 'a_chunk']) {
      assert.equal(parseChunkKey(key), undefined, key);
    }
  });

  it('of versions are computed forward: safe characters, at most 512 of them, the same every time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), (key) => {
        const versionKey = versionKeyOf(key);
        assert.match(versionKey, /^version-[A-Za-z0-9_/.-]*$/);
        assert.ok(Buffer.byteLength(versionKey) <= 512);
        assert.equal(versionKey.length, Math.min(512, 'version-'.length + key.length));
        assert.equal(versionKeyIsCut(key), 'version-'.length + key.length > 512);
        // What is safe stays as it is.
        assert.equal(versionKeyOf(versionKey.slice(8)), versionKey);
      }),
    );
    for (const { key } of goldenKeys('C').filter((one) => parseChunkKey(one.key) === undefined)) {
      assert.ok(
        goldenKeys('V').some((version) => version.key === versionKeyOf(key)),
        key,
      );
    }
  });

  it('that share a version record are bumped together, and are told of', () => {
    const metadata = { mode: 'video', cacheVersion: 3 };
    const keys = ['video:a b.mp4', 'video:a+b.mp4'].map((key) => ({ key, metadata, expiration: undefined }));
    const snapshot = buildKvSnapshot(keys, [], 0);
    assert.deepEqual(
      kvFindings(snapshot).map(({ id }) => id),
      ['shared-version'],
    );
    const plan = planKvBump(snapshot, snapshot.entries.slice(0, 1), 'one');
    assert.deepEqual(
      plan.items.map(({ entryKeys, to }) => [entryKeys.length, to]),
      [[2, 4]],
    );
    assert.match(plan.warnings[0]!, /1 more entry shares/);
  });

  it('named like a chunk count as what their metadata says', () => {
    const listed = [
      { key: 'video:a:derivative=x', metadata: { mode: 'video', isChunked: false }, expiration: undefined },
      { key: 'video:a:derivative=x_chunk_0', metadata: { mode: 'video' }, expiration: undefined },
    ];
    const { entries, orphanChunks } = buildKvSnapshot(listed, undefined, 0);
    assert.equal(entries.length, 2);
    assert.deepEqual(orphanChunks, []);
  });
});

describe('Tags', () => {
  it('say what they group by, whatever their prefix', () => {
    assert.deepEqual(parseTag('vp-d-mobile'), { prefix: 'vp', kind: 'derivative', value: 'mobile' });
    assert.deepEqual(parseTag('video-p-category-clip.mp4'), {
      prefix: 'video',
      kind: 'path',
      value: 'category-clip.mp4',
    });
    assert.deepEqual(parseTag('video-f-jpg')?.kind, 'format');
    assert.deepEqual(parseTag('video-m-frame')?.kind, 'mode');
    assert.equal(parseTag('video-t-5'), undefined);
    assert.equal(parseTag('other'), undefined);
  });
});

describe('The description of a namespace', () => {
  const complaints: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ['nothing', undefined, /not an object/],
    ['no namespace', { account: 'a' }, /No namespace/],
    ['no account', { namespace: 'n' }, /account .* not named/],
    ['an id that would lead elsewhere', { account: 'a', namespace: '../../zones' }, /not an id/],
    ['a number', { account: 'a', namespace: 1 }, /not a text/],
    ['one namespace for both', { account: 'a', namespace: 'n', versionsNamespace: 'n' }, /can’t lie/],
  ];
  for (const [name, value, message] of complaints) {
    it(`with ${name} is refused`, () => {
      assert.throws(() => parseKvTarget(value), { name: 'UserError', message });
    });
  }
});
