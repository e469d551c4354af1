import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SourceErrorCode } from '../../../src/core/errors';
import { SourceError } from '../../../src/core/errors';
import type { FileTree } from '../../../src/core/fileTree';

/** A tree whose bytes lie in a local folder, so that the suite can look at it and change it from outside. */
export interface TreeUnderTest {
  readonly tree: FileTree;
  readonly root: string;
  /** Puts a file from outside, where more than the file belongs to it. */
  put?(path: string, content: string | Uint8Array): void;
  dispose(): Promise<void>;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function failsWith(work: Promise<unknown>, ...codes: readonly SourceErrorCode[]): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    assert.notEqual(error.nextStep, '');
    return true;
  });
}

/** Everything below a folder, with kinds, sizes and times, to show that reading writes nothing. */
export function fingerprintOfFolder(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const stat = lstatSync(join(root, path));
      return `${path} ${stat.mode} ${stat.size} ${stat.mtimeMs} ${stat.ino}`;
    });
}

/**
 * What every file tree must do, whatever carries its bytes. A tree of `entries` has no files of its own: what only
 * files can show, and what is written file by file, is left out.
 */
export function describeFileTree(
  name: string,
  open: () => Promise<TreeUnderTest>,
  { entries = false }: { readonly entries?: boolean } = {},
): void {
  const itOfFiles = (title: string, work: () => Promise<void>): void => {
    if (!entries) {
      it(title, work);
    }
  };
  describe(`${name} as a file tree`, function () {
    this.timeout(60_000);
    let under: TreeUnderTest;
    let tree: FileTree;

    beforeEach(async () => {
      under = await open();
      tree = under.tree;
    });

    afterEach(async () => {
      await under.dispose();
    });

    function put(path: string, content: string | Uint8Array): void {
      if (under.put !== undefined) {
        under.put(path, content);
        return;
      }
      const place = join(under.root, path);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, content);
    }

    function content(path: string): string | undefined {
      const place = join(under.root, path);
      return existsSync(place) ? readFileSync(place, 'utf8') : undefined;
    }

    async function itemCode(request: { folders?: string[]; files?: string[] }): Promise<string> {
      const { folders, files } = await tree.scan(request);
      const [item] = [...folders.values(), ...files.values()];
      return item instanceof SourceError ? item.code : 'no error';
    }

    itOfFiles('lists folders and reads files in one scan', async () => {
      put('task/b', 'two');
      put('task/a', '');
      put('task/sub/c', 'three');
      const { folders, files } = await tree.scan({ folders: ['', 'task'], files: ['task/b', 'task/sub/c'] });
      const root = folders.get('');
      const task = folders.get('task');
      assert.ok(!(root instanceof SourceError) && !(task instanceof SourceError));
      assert.deepEqual(
        root?.map((entry) => [entry.name, entry.kind]),
        [['task', 'folder']],
      );
      assert.deepEqual(
        task?.map((entry) => [entry.name, entry.kind, entry.kind === 'file' ? entry.sizeBytes : 0]),
        [
          ['a', 'file', 0],
          ['b', 'file', 3],
          ['sub', 'folder', 0],
        ],
      );
      const modified = task.find((entry) => entry.name === 'b')!.modifiedMs;
      assert.ok(modified === 0 || Math.abs(modified - lstatSync(join(under.root, 'task/b')).mtimeMs) < 1001);
      assert.equal(Buffer.from(files.get('task/b') as Uint8Array).toString(), 'two');
      assert.equal(Buffer.from(files.get('task/sub/c') as Uint8Array).toString(), 'three');
    });

    it('tells what is missing or of another kind, item by item', async () => {
      put('task/a', 'x');
      assert.equal(await itemCode({ folders: ['absent'] }), 'not-found');
      assert.equal(await itemCode({ files: ['task/absent'] }), 'not-found');
      assert.equal(await itemCode({ files: ['absent/a'] }), 'not-found');
      assert.equal(await itemCode({ folders: ['task/a'] }), 'unsupported');
      assert.equal(await itemCode({ files: ['task'] }), 'unsupported');
      const { files } = await tree.scan({ files: ['task/absent', 'task/a'] });
      assert.ok(files.get('task/absent') instanceof SourceError);
      assert.equal(Buffer.from(files.get('task/a') as Uint8Array).toString(), 'x');
      await failsWith(tree.read('task/absent'), 'not-found');
      await failsWith(tree.read('task'), 'unsupported');
    });

    itOfFiles('reports a root that does not exist as not found', async () => {
      assert.equal(await itemCode({ folders: [''] }), 'no error');
      const elsewhere = join(under.root, 'task');
      assert.ok(!existsSync(elsewhere));
      assert.equal(await itemCode({ folders: ['task'] }), 'not-found');
    });

    itOfFiles('keeps every byte and every name', async () => {
      const allBytes = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
      const names = [
        '-rf',
        'a b',
        "it's",
        '$(touch x)',
        '`x`',
        'new\nline',
        'tab\t',
        '*',
        '日本語キー',
        'a'.repeat(255),
        '.hidden',
        'x;y&z|w',
        '"',
        '%2e',
        '~',
        '#',
      ];
      await tree.commit({ writes: names.map((file) => ({ path: `task/${file}`, bytes: allBytes })) });
      assert.deepEqual(readdirSync(join(under.root, 'task')).sort(), [...names].sort());
      for (const file of names) {
        assert.deepEqual(new Uint8Array(readFileSync(join(under.root, 'task', file))), allBytes);
      }
      const { files, folders } = await tree.scan({ folders: ['task'], files: names.map((file) => `task/${file}`) });
      for (const file of names) {
        const bytes = files.get(`task/${file}`);
        assert.ok(bytes instanceof Uint8Array, `${JSON.stringify(file)}: ${String(bytes)}`);
        assert.deepEqual(new Uint8Array(bytes), allBytes);
      }
      const listing = folders.get('task');
      assert.ok(listing !== undefined && !(listing instanceof SourceError));
      assert.deepEqual(
        listing.map((entry) => entry.name),
        [...names].sort((a, b) => (a < b ? -1 : 1)),
      );
    });

    itOfFiles('reads and writes a value of 8 MiB, and refuses more than was asked for', async () => {
      const bytes = randomBytes(8 * 1024 * 1024);
      await tree.commit({ writes: [{ path: 'artifacts/big', bytes }] });
      assert.equal(sha256(await tree.read('artifacts/big')), sha256(bytes));
      await failsWith(tree.read('artifacts/big', { maxBytes: bytes.length - 1 }), 'too-large');
      assert.equal((await tree.read('artifacts/big', { maxBytes: bytes.length })).length, bytes.length);
    });

    itOfFiles('lists links as links and never follows them', async () => {
      put('task/real', 'inside');
      const outside = `${under.root}-outside`;
      mkdirSync(outside);
      writeFileSync(join(outside, 'secret'), 'secret');
      symlinkSync(join(outside, 'secret'), join(under.root, 'task/link'));
      symlinkSync('real', join(under.root, 'task/near'));
      symlinkSync(outside, join(under.root, 'artifacts'));
      const { folders } = await tree.scan({ folders: ['', 'task'] });
      const kinds = (path: string) => {
        const listing = folders.get(path);
        return Array.isArray(listing)
          ? listing.map((entry: { name: string; kind: string }) => `${entry.name} ${entry.kind}`)
          : listing;
      };
      assert.deepEqual(kinds(''), ['artifacts link', 'task folder']);
      assert.deepEqual(kinds('task'), ['link link', 'near link', 'real file']);
      assert.equal(await itemCode({ folders: ['artifacts'] }), 'forbidden');
      for (const path of ['task/link', 'task/near', 'artifacts/secret']) {
        assert.equal(await itemCode({ files: [path] }), 'forbidden', path);
        await failsWith(tree.read(path), 'forbidden');
        await failsWith(tree.commit({ writes: [{ path, bytes: Buffer.from('x') }] }), 'forbidden');
      }
      await failsWith(tree.commit({ removes: ['artifacts/secret'] }), 'forbidden');
      await tree.commit({ removes: ['task/link'] });
      assert.ok(!existsSync(join(under.root, 'task/link')));
      assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
      assert.deepEqual(readdirSync(outside), ['secret']);
    });

    it('refuses paths that could leave the tree', async () => {
      for (const path of [
        '../x',
        'task/../../x',
        '/etc/hostname',
        'task//a',
        './a',
        'task/.',
        'task\\a',
        'a\0b',
        '..',
      ]) {
        assert.equal(await itemCode({ files: [path] }), 'forbidden', path);
        assert.equal(await itemCode({ folders: [path] }), 'forbidden', path);
        await failsWith(tree.read(path), 'forbidden');
        await failsWith(tree.commit({ writes: [{ path, bytes: Buffer.from('x') }] }), 'forbidden');
        await failsWith(tree.commit({ removes: [path] }), 'forbidden');
        await failsWith(tree.commit({ expect: [{ path, sha256: undefined }] }), 'forbidden');
      }
      await failsWith(tree.read(''), 'forbidden');
    });

    itOfFiles('writes into folders that did not exist, replaces, removes, and leaves nothing else behind', async () => {
      await tree.commit({
        writes: [
          { path: 'task/a', bytes: Buffer.from('one') },
          { path: 'task/_index.json', bytes: Buffer.from('{}') },
        ],
      });
      assert.equal(content('task/a'), 'one');
      await tree.commit({
        writes: [{ path: 'task/a', bytes: Buffer.from('two') }],
        removes: ['task/_index.json', 'task/never-was', 'nowhere/x'],
      });
      assert.equal(content('task/a'), 'two');
      assert.deepEqual(readdirSync(under.root, { recursive: true, encoding: 'utf8' }).sort(), ['task', 'task/a']);
      await failsWith(tree.commit({ removes: ['task'] }), 'unsupported', 'forbidden');
      await failsWith(tree.commit({ writes: [{ path: 'task', bytes: Buffer.from('x') }] }), 'unsupported', 'forbidden');
      assert.equal(content('task/a'), 'two');
    });

    itOfFiles('keeps the mode of a file that it replaces', async () => {
      put('task/a', 'one');
      const { chmodSync } = await import('node:fs');
      chmodSync(join(under.root, 'task/a'), 0o640);
      await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('two') }] });
      assert.equal(lstatSync(join(under.root, 'task/a')).mode & 0o777, 0o640);
    });

    itOfFiles('changes nothing when an expectation does not hold', async () => {
      put('task/_index.json', '{"a": 1}');
      const before = fingerprintOfFolder(under.root);
      const good = sha256(Buffer.from('{"a": 1}'));
      const change = { writes: [{ path: 'task/new', bytes: Buffer.from('x') }], removes: ['task/_index.json'] };
      for (const expect of [
        [{ path: 'task/_index.json', sha256: sha256(Buffer.from('other')) }],
        [{ path: 'task/_index.json', sha256: undefined }],
        [{ path: 'task/absent', sha256: good }],
        [
          { path: 'task/_index.json', sha256: good },
          { path: 'other/absent', sha256: good },
        ],
      ]) {
        await failsWith(tree.commit({ ...change, expect }), 'conflict');
        assert.deepEqual(fingerprintOfFolder(under.root), before);
      }
      await tree.commit({
        ...change,
        expect: [
          { path: 'task/_index.json', sha256: good },
          { path: 'task/absent', sha256: undefined },
          { path: 'nowhere/absent', sha256: undefined },
        ],
      });
      assert.deepEqual(readdirSync(join(under.root, 'task')), ['new']);
    });

    itOfFiles('loses no update of commits that race, as long as each retries on a conflict', async () => {
      put('task/count', '0');
      const increment = async (): Promise<void> => {
        for (;;) {
          const before = await tree.read('task/count');
          const next = String(Number(Buffer.from(before).toString()) + 1);
          try {
            await tree.commit({
              expect: [{ path: 'task/count', sha256: sha256(before) }],
              writes: [{ path: 'task/count', bytes: Buffer.from(next) }],
            });
            return;
          } catch (error) {
            assert.ok(error instanceof SourceError && error.retryable, String(error));
          }
        }
      };
      await Promise.all(Array.from({ length: 5 }, increment));
      assert.equal(content('task/count'), '5');
    });

    it('stops when it is cancelled, and has then changed nothing', async () => {
      put('task/a', 'one');
      const abort = new AbortController();
      abort.abort();
      const { signal } = abort;
      await failsWith(tree.scan({ folders: ['task'] }, { signal }), 'cancelled');
      await failsWith(tree.read('task/a', { signal }), 'cancelled');
      await failsWith(
        tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('two') }] }, { signal }),
        'cancelled',
      );
      assert.equal(content('task/a'), 'one');
    });

    it('writes nothing while it reads', async () => {
      put('task/_index.json', '{}');
      put('task/a', 'one');
      const before = fingerprintOfFolder(under.root);
      await tree.scan({
        folders: ['', 'task', 'absent'],
        files: ['task/a', 'task/absent', '.instructions_seeded.json'],
      });
      await tree.read('task/a');
      assert.deepEqual(fingerprintOfFolder(under.root), before);
    });

    it('scans many files', async () => {
      const paths = Array.from({ length: 600 }, (_, index) => `artifacts/value-${index}`);
      for (const path of paths) {
        put(path, `content of ${path}`);
      }
      const { files, folders } = await tree.scan({ folders: ['artifacts'], files: paths });
      const listing = folders.get('artifacts');
      assert.ok(listing !== undefined && !(listing instanceof SourceError));
      assert.equal(listing.filter((entry) => entry.name.startsWith('value-')).length, 600);
      for (const path of paths) {
        assert.equal(Buffer.from(files.get(path) as Uint8Array).toString(), `content of ${path}`);
      }
    });
  });
}
