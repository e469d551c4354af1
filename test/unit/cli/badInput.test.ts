import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporaryCache } from '../cache/temporaryCache';
import { filesBelow } from '../cache/writing';
import { goldenNow, runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

interface KeyCase {
  readonly key: unknown;
  readonly sanitized?: string;
}

const keyCases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/golden/vectors/sanitize_key.json'), 'utf8'),
) as readonly KeyCase[];

/** Names that the original accepts and that destroy a scope, or that no file system takes. */
function mustBeRefused(key: string): boolean {
  return key === '.' || /^_index\.json$/i.test(key) || Buffer.byteLength(key) > 255;
}

describe('context-cache cache, on bad input', () => {
  let cache: TemporaryCache;
  let data: string;

  async function run(args: readonly string[], stdin = ''): Promise<CommandResult> {
    return runCommand(['cache', args[0]!, '--source', cache.workspace, ...goldenNow, ...args.slice(1)], {
      stdin,
      cwd: cache.workspace,
      env: { CONTEXT_CACHE_HOME: data },
    });
  }

  beforeEach(() => {
    cache = new TemporaryCache('typical');
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-home-')));
  });

  afterEach(() => {
    cache.dispose();
    rmSync(data, { recursive: true, force: true });
  });

  const unreadable: readonly [string, (index: Buffer) => string | Buffer][] = [
    ['truncated', (index) => index.subarray(0, 400)],
    ['empty', () => ''],
    ['an array', () => '[]'],
    ['with a byte order mark', (index) => Buffer.concat([Buffer.from('\ufeff'), index])],
    ['no UTF-8', () => Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['nested without end', () => '['.repeat(100_000)],
  ];
  for (const [what, make] of unreadable) {
    it(`names an index that is ${what}, says what to do, and loses nothing`, async () => {
      const path = cache.path('project/_index.json');
      writeFileSync(path, make(readFileSync(path)));
      const before = filesBelow(cache.workspace);
      for (const command of ['ls', 'stats']) {
        const { code, messages } = await run([command, '--no-tokens']);
        assert.equal(code, 1);
        assert.ok(messages.includes(`${cache.root}/project: The index of 'project' can't be read: `), messages);
        assert.match(messages, /\S\. Run the health check/);
        assert.doesNotMatch(messages, /Correct the file, or repair it/);
      }
      const put = await run(['put', 'project', 'new', '-'], 'x');
      assert.equal(put.code, 1);
      assert.match(put.messages, /Repair the index first/);
      assert.doesNotMatch(put.out, /Take it back/);
      assert.deepEqual(filesBelow(cache.workspace), before);
      assert.equal((await run(['repair', '--yes'])).code, 0);
      assert.equal((await run(['put', 'project', 'new', '-'], 'x')).code, 0);
      assert.equal(
        (await run(['show', 'project', 'summary'])).out,
        readFileSync(cache.path('project/summary'), 'utf8'),
      );
    });
  }

  const strange: readonly [string, string, string][] = [
    ['NaN', '"size_bytes": 63', '"size_bytes": NaN'],
    ['an integer of 2^60', '"ttl_hours": 72,', '"ttl_hours": 72,\n    "serial": 1152921504606846977,'],
    ['__proto__', '"phase": 2', '"__proto__": {"polluted": true}, "phase": 2'],
  ];
  for (const [what, old, replacement] of strange) {
    it(`keeps ${what} in an index through a write`, async () => {
      const path = cache.path('project/_index.json');
      const text = readFileSync(path, 'utf8').replace(old, replacement);
      assert.ok(text.includes(replacement));
      writeFileSync(path, text);
      assert.equal((await run(['ls', '--json'])).code, 0);
      assert.equal((await run(['put', 'project', 'new', '-'], 'x')).code, 0);
      const kept = replacement.replace(/[{},]/g, ' ').trim().split(/\s+/);
      const after = readFileSync(path, 'utf8');
      assert.deepEqual(
        kept.filter((word) => !after.includes(word)),
        [],
      );
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    });
  }

  for (const { key, sanitized } of keyCases.filter((each) => typeof each.key === 'string' && each.key !== "b'x'")) {
    it(`puts, shows and invalidates under ${JSON.stringify(key).slice(0, 60)}, or refuses it`, async () => {
      const name = key as string;
      rmSync(cache.path('task'), { recursive: true });
      mkdirSync(cache.path('task'));
      const before = filesBelow(cache.workspace);
      const put = await run(['put', '--', 'task', name, '-'], 'the value\n');
      if (sanitized === undefined || mustBeRefused(sanitized)) {
        assert.equal(put.code, 1);
        assert.match(put.messages, /key.*\. \w/is);
        assert.deepEqual(filesBelow(cache.workspace), before);
        return;
      }
      assert.equal(put.code, 0, put.messages);
      assert.equal(readFileSync(cache.path('task', sanitized), 'utf8'), 'the value\n');
      assert.equal((await run(['show', '--', 'task', name])).out, 'the value\n');
      assert.equal((await run(['show', '--', 'task', sanitized])).out, 'the value\n');
      assert.equal((await run(['invalidate', '--yes', '--', 'task', name])).code, 0);
      assert.deepEqual(filesBelow(cache.workspace), {
        ...before,
        '.iris/kv-cache/task/_index.json': Buffer.from('{}').toString('base64'),
      });
    });
  }

  it('shows empty values, binary values in base64, and control characters of many megabytes', async () => {
    cache.write('task/nothing', '');
    cache.write('task/noise', Buffer.from([0xff, 0x00, 0xfe]));
    cache.write('task/controls', '\r\n\u0001'.repeat(25 * 1024 * 1024));
    assert.deepEqual(await run(['show', 'task', 'nothing']), { code: 0, out: '', messages: '' });
    assert.match((await run(['show', 'task', 'noise'])).messages, /binary \(3 bytes\)/);
    assert.match(
      (await run(['show', 'task', 'noise', '--json'])).out,
      /"value": "\/wD\+",\s+"valueEncoding": "base64"/,
    );
    const shown = await run(['show', 'task', 'controls']);
    assert.equal(shown.code, 0);
    assert.equal(shown.out.length, 25 * 1024 * 1024 * 7 + 1);
    assert.ok(shown.out.startsWith('\n\\u0001\n\\u0001'));
    assert.doesNotMatch(shown.out, /\\u000d/);
    const tooLong = await run(['show', 'task', 'controls', '--json']);
    assert.equal(tooLong.code, 1);
    assert.match(tooLong.messages, /task\/controls' has 78643200 bytes; at most \d+ are read/);
  }).timeout(60_000);

  it('prints a value of the largest size as JSON, also where every character is escaped', async () => {
    cache.write('task/controls', '\u007fa'.repeat(25 * 1024 * 1024));
    const { code, out } = await run(['show', 'task', 'controls', '--json', '--no-tokens']);
    assert.equal(code, 0);
    assert.ok(out.length > 25 * 1024 * 1024 * 7);
  }).timeout(60_000);

  it('does not follow a link, and says that it is one', async () => {
    const secret = cache.outside('secret');
    writeFileSync(secret, 'secret');
    rmSync(cache.path('project/summary'));
    symlinkSync(secret, cache.path('project/summary'));
    const { code, out, messages } = await run(['show', 'project', 'summary']);
    assert.deepEqual([code, out], [1, '']);
    assert.match(messages, /'project\/summary' is a link, and links are not followed\. Replace/);
    assert.equal((await run(['put', 'project', 'summary', '-'], 'over')).code, 1);
    assert.equal(readFileSync(secret, 'utf8'), 'secret');
  });

  it('says which entries a plan leaves alone, and takes one that is named', async () => {
    cache.write('task/young', 'perhaps a put under way');
    const young = cache.path('task/young');
    const now = ['--now', new Date(Date.now()).toISOString()];
    const all = await run(['invalidate', '--orphans', '--yes', 'task', ...now]);
    assert.match(all.messages, /task\/young: left alone: written a moment ago/);
    assert.doesNotMatch(all.out, /Take it back/);
    assert.equal(readFileSync(young, 'utf8'), 'perhaps a put under way');
    const named = await run(['invalidate', 'task', 'young', '--yes', ...now]);
    assert.match(named.out, /1 done.*\nTake it back/);
    assert.throws(() => readFileSync(young));
  });

  it('says that an empty cache has no entries', async () => {
    const empty = cache.outside('empty');
    mkdirSync(join(empty, '.iris/kv-cache'), { recursive: true });
    const { code, out } = await runCommand(['cache', 'ls', '--source', empty], { env: { CONTEXT_CACHE_HOME: data } });
    assert.deepEqual([code, out], [0, 'There are no entries.\n']);
  });
});
