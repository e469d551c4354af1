import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { isSourceError, UserError } from '../../../src/core/errors';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { lockOf, lockText } from '../../../src/core/prompts/lock';
import type { LockedPart, PromptLock } from '../../../src/core/prompts/lock';
import { measurePrompt } from '../../../src/core/prompts/measure';
import type { MeasuredPrompt } from '../../../src/core/prompts/measure';
import { analysePrefix } from '../../../src/core/prompts/prefix/analyse';
import { loadProviders } from '../../../src/core/prompts/providers';
import { lockRevisions } from '../../../src/core/prompts/report/lockHistory';
import { promptAtRevision } from '../../../src/core/prompts/versions/atRevision';
import { commonVariants, compareVersions, versionOf } from '../../../src/core/prompts/versions/promptVersion';
import type { PromptVersion } from '../../../src/core/prompts/versions/promptVersion';
import { PromptSnapshots } from '../../../src/core/prompts/versions/snapshots';
import { commitsTouching } from '../../../src/core/sources/gitLog';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { promptOf, ReferenceTokens } from './support';

const counter = new ReferenceTokens();
const never = new AbortController().signal;

async function measured(manifest: string, files: Readonly<Record<string, string>> = {}): Promise<MeasuredPrompt[]> {
  const prompt = await promptOf(manifest, files);
  const variants: MeasuredPrompt[] = [];
  for (const variant of ['full', 'streamlined']) {
    variants.push(await measurePrompt(compilePrompt(prompt, variant), counter, 'o200k_base'));
  }
  return variants;
}

function lockOfParts(parts: readonly (readonly [id: string, hash: string])[]): PromptVersion {
  const locked = parts.map(([id, sha256]): LockedPart => ({ id, sha256, stability: 'static', tokens: 1 }));
  const whole = { sha256: JSON.stringify(parts), tokens: parts.length, parts: locked };
  const lock: PromptLock = { lockVersion: 1, name: 'a', encoding: 'o200k_base', variants: { full: whole } };
  return { label: 'x', lock, documents: new Map() };
}

describe('prompt versions', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-versions-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  after(() => {
    counter.dispose();
  });

  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    });
  const commit = (message: string): void => {
    git('add', '-A');
    git('commit', '-q', '-m', message);
  };

  describe('compared', () => {
    const cases: readonly (readonly [title: string, left: string, right: string, expected: string])[] = [
      ['nothing', 'a1 b1', 'a1 b1', 'a:same b:same'],
      ['a change', 'a1 b1', 'a1 b2', 'a:same b:changed'],
      ['a part that is added', 'a1 c1', 'a1 b1 c1', 'a:same b:added c:same'],
      ['a part that is removed', 'a1 b1 c1', 'a1 c1', 'a:same b:removed c:same'],
      ['a part that is removed at the start', 'a1 b1', 'b1', 'a:removed b:same'],
      ['a part that moves to the front', 'a1 b1 c1', 'c1 a1 b1', 'c:moved a:same b:same'],
    ];
    for (const [title, left, right, expected] of cases) {
      it(`tells ${title}`, () => {
        const parse = (text: string): PromptVersion =>
          lockOfParts(text.split(' ').map((part) => [part[0]!, part] as const));
        const { parts, firstChange, delta } = compareVersions(parse(left), parse(right), 'full');
        assert.equal(parts.map(({ id, change }) => `${id}:${change}`).join(' '), expected);
        assert.equal(firstChange, /(\w):(?!same)/.exec(expected)?.[1]);
        assert.equal(delta, right.split(' ').length - left.split(' ').length);
      });
    }

    it('names each part once, and what stays is the longest it can be', () => {
      const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'));
      fc.assert(
        fc.property(ids, ids, (left, right) => {
          const version = (names: readonly string[]): PromptVersion => lockOfParts(names.map((id) => [id, 'same']));
          const { parts } = compareVersions(version(left), version(right), 'full');
          assert.deepEqual(parts.map(({ id }) => id).sort(), [...new Set([...left, ...right])].sort());
          const same = parts.filter(({ change }) => change === 'same').map(({ id }) => id);
          assert.deepEqual(
            right.filter((id) => same.includes(id)),
            same,
          );
          assert.deepEqual(
            left.filter((id) => same.includes(id)),
            same,
          );
          assert.equal(same.length, longestCommonLength(left, right));
        }),
        { numRuns: 300 },
      );
    });

    it('reckons no difference between encodings', () => {
      const left = lockOfParts([['a', '1']]);
      const right = { ...left, lock: { ...left.lock, encoding: 'cl100k_base' as const } };
      assert.equal(compareVersions(left, right, 'full').delta, undefined);
    });
  });

  describe('as snapshots', () => {
    const manifest = 'name: agent\nparts:\n  - text: You are careful.\n  - conversation: true\n';
    let store: VersionStore;
    let now: number;

    beforeEach(() => {
      now = Date.UTC(2031, 0, 1);
      store = new VersionStore(path.join(folder, 'versions'), { clock: { now: () => now } });
    });

    it('are kept with their label and give back what was saved', async () => {
      const snapshots = new PromptSnapshots(store);
      const first = versionOf('now', await measured(manifest));
      const saved = await snapshots.save('/w/agent.prompt.yaml', first, 'before the change');
      now += 60_000;
      const second = versionOf('now', await measured(manifest.replace('careful', 'very careful')));
      await snapshots.save('/w/agent.prompt.yaml', second, undefined);
      const again = new PromptSnapshots(new VersionStore(path.join(folder, 'versions'), { clock: { now: () => now } }));
      const listed = await again.list('/w/agent.prompt.yaml');
      assert.deepEqual(
        listed.map(({ number, label, at }) => [number, label, at]),
        [
          [2, undefined, '2031-01-01T00:01:00.000Z'],
          [1, 'before the change', saved.at],
        ],
      );
      const read = await again.read(listed[1]!);
      assert.deepEqual(read?.lock, first.lock);
      assert.deepEqual(
        [...read.documents].map(([variant, { text, parts }]) => [variant, text, parts]),
        [...first.documents].map(([variant, { text, parts }]) => [variant, text, parts]),
      );
      assert.deepEqual(await again.list('/w/other.prompt.yaml'), []);
      assert.deepEqual(
        (await again.revisions('/w/agent.prompt.yaml')).map(({ label, lock }) => [
          label,
          lock.variants['full']?.tokens,
        ]),
        [
          ['number 2', second.lock.variants['full']!.tokens],
          ['before the change', first.lock.variants['full']!.tokens],
        ],
      );
    });

    it('are not saved twice when nothing changed', async () => {
      const snapshots = new PromptSnapshots(store);
      const version = versionOf('now', await measured(manifest));
      await snapshots.save('/w/a.prompt.yaml', version, undefined);
      const { number } = await snapshots.save('/w/a.prompt.yaml', version, 'now with a label');
      assert.equal(number, 1);
      assert.deepEqual(
        (await snapshots.list('/w/a.prompt.yaml')).map(({ label }) => label),
        ['now with a label'],
      );
    });

    it('break where their texts do', async () => {
      const left = versionOf('a', await measured(manifest));
      const right = versionOf('b', await measured(manifest.replace('careful', 'fast')));
      assert.deepEqual(commonVariants(left, right), ['full', 'streamlined']);
      const analysis = await analysePrefix(left.documents.get('full')!, right.documents.get('full')!, {
        ids: counter,
        encoding: 'o200k_base',
        table: loadProviders(),
      });
      assert.equal(analysis.divergence?.commonBytes, 'You are '.length);
      assert.equal(compareVersions(left, right, 'full').firstChange, 'text');
    });
  });

  describe('in Git', () => {
    const manifestText = 'name: agent\nparts:\n  - file: a.md\n  - instruction: own\n  - instruction: other\n';
    const otherInstructions = [
      {
        tag: 'other',
        location: '/elsewhere/other.md',
        filename: 'other.md',
        bytes: new TextEncoder().encode('From elsewhere.\n'),
        fingerprint: '',
        description: 'd',
        ttlHours: undefined,
        tags: [],
      },
    ];
    const at = async (revision: string, base = folder): Promise<PromptVersion> =>
      promptAtRevision(
        {
          folder: base,
          manifestPath: 'prompts/agent.prompt.yaml',
          revision,
          libraryFolders: ['library', 'missing'],
          otherInstructions,
          pathOf: () => undefined,
          counter,
          encoding: 'o200k_base',
        },
        never,
      );

    const makeRepository = async (): Promise<void> => {
      git('init', '-q');
      await put('prompts/agent.prompt.yaml', manifestText);
      await put('prompts/a.md', 'First text.\n');
      await put('library/own.md', '---\ndescription: d\n---\nOwn, as it was.\n');
      commit('first');
      await put('prompts/a.md', 'Second text, which is longer.\n');
      await put('library/own.md', '---\ndescription: d\n---\nOwn, as it is.\n');
      commit('second\n\nwith a body');
      await put('unrelated.txt', 'x');
      commit('unrelated');
      await put('prompts/a.md', 'Not committed.\n');
    };

    it('are compiled from the files and the library of their commit', async () => {
      await makeRepository();
      const first = await at('HEAD~2');
      assert.equal(first.documents.get('full')!.text, 'First text.\n\nOwn, as it was.\n\nFrom elsewhere.\n');
      const second = await at('HEAD');
      assert.match(second.documents.get('full')!.text, /^Second text, which is longer\.\n\nOwn, as it is\.\n/);
      const { parts } = compareVersions(first, second, 'full');
      assert.deepEqual(
        parts.map(({ id, change }) => [id, change]),
        [
          ['a', 'changed'],
          ['own', 'changed'],
          ['other', 'same'],
        ],
      );
      assert.match(second.label, /^HEAD, [0-9a-f]{8}$/);
    });

    it('are listed by the files that they changed, without their bodies', async () => {
      await makeRepository();
      const commits = await commitsTouching(folder, ['prompts/a.md', 'library/own.md', 'gone.md'], 10, never);
      assert.deepEqual(
        commits.map(({ subject }) => subject),
        ['second', 'first'],
      );
      assert.ok(commits.every(({ hash, at: time }) => /^[0-9a-f]{40}$/.test(hash) && time.endsWith('Z')));
      assert.equal((await commitsTouching(folder, ['prompts/a.md'], 1, never)).length, 1);
    });

    it('say what is wrong with a revision', async () => {
      await makeRepository();
      const refuses = async (revision: string, message: RegExp): Promise<void> => {
        await assert.rejects(at(revision), (error) => error instanceof UserError && message.test(error.message));
      };
      await refuses('no-such-branch', /no revision/);
      await refuses('--output=x', /no revision/);
      git('rm', '-q', '--cached', 'prompts/agent.prompt.yaml');
      git('commit', '-q', '-m', 'gone');
      await refuses('HEAD', /There is no `prompts\/agent\.prompt\.yaml` in HEAD/);
      await put('prompts/agent.prompt.yaml', 'name: [\n');
      commit('broken');
      await refuses('HEAD', /The manifest has an error/);
      const abort = new AbortController();
      abort.abort();
      await assert.rejects(commitsTouching(folder, ['a'], 1, abort.signal), (error) =>
        isSourceError(error, 'cancelled'),
      );
    });

    it('give the sizes of a lock file, and the file itself where it differs', async () => {
      const lock = async (text: string): Promise<string> =>
        lockText(lockOf(await measured(`name: agent\nparts:\n  - text: ${text}\n`)));
      git('init', '-q');
      const file = path.join(folder, 'locks', '[a] agent.prompt.lock.json');
      await put('locks/[a] agent.prompt.lock.json', await lock('Short.'));
      commit('first');
      await put('locks/[a] agent.prompt.lock.json', 'no lock');
      commit('damaged');
      await put('locks/[a] agent.prompt.lock.json', await lock('Rather longer than it was.'));
      commit('third');
      const now = await lock('Rather longer than it was.');
      const sizes = async (text: string | undefined): Promise<(string | number | undefined)[][]> =>
        (await lockRevisions(file, text, never)).map(({ origin, lock: { variants } }) => [
          origin,
          variants['full']?.tokens,
        ]);
      const [long, short] = [counter.ids('Rather longer than it was.\n').length, counter.ids('Short.\n').length];
      assert.deepEqual(await sizes(now), [
        ['commit', short],
        ['commit', long],
      ]);
      assert.deepEqual((await sizes(await lock('Short.'))).at(-1), ['lock', short]);
      git('rm', '-q', 'locks/[a] agent.prompt.lock.json');
      git('commit', '-q', '-m', 'gone');
      await mkdir(path.dirname(file), { recursive: true });
      assert.deepEqual(await sizes(undefined), [
        ['commit', short],
        ['commit', long],
      ]);
    });

    it('are none outside of a repository', async () => {
      assert.deepEqual(await commitsTouching(folder, ['a'], 5, never), []);
      assert.deepEqual(await lockRevisions(path.join(folder, 'a.prompt.lock.json'), 'no lock', never), []);
      git('init', '-q');
      assert.deepEqual(await commitsTouching(folder, ['a'], 5, never), []);
    });
  });
});

/** Reckoned in another way than the product does it. */
function longestCommonLength(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) {
    return 0;
  }
  return left[0] === right[0]
    ? 1 + longestCommonLength(left.slice(1), right.slice(1))
    : Math.max(longestCommonLength(left.slice(1), right), longestCommonLength(left, right.slice(1)));
}
