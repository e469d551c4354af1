import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOfFolder } from '../sources/fileTreeContract';
import { goldenCaches, TemporaryCache } from '../cache/temporaryCache';
import { goldenNow, runCommand } from './runCommand';

interface ListedEntry {
  readonly key: string;
  readonly originalKey: string;
  readonly sizeBytes: number;
  readonly tokens: number | null;
  readonly fingerprint: string | null;
  readonly expiresAt: string | null;
  readonly state: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface Listing {
  readonly source: string;
  readonly scopes: readonly {
    readonly scope: string;
    readonly quotaBytes: number;
    readonly usedBytes: number;
    readonly entries: readonly ListedEntry[];
  }[];
}

const typical = join(goldenCaches, 'typical');

describe('context-cache cache ls', () => {
  it('lists the golden tree in the documented shape, and changes nothing', async () => {
    const before = fingerprintOfFolder(typical);
    const { code, out, messages } = await runCommand(['cache', 'ls', '--source', typical, '--json', ...goldenNow]);
    assert.deepEqual(fingerprintOfFolder(typical), before);
    assert.equal(code, 0);
    assert.equal(messages, '');
    const listing = JSON.parse(out) as Listing;
    assert.deepEqual(Object.keys(listing), ['source', 'scopes']);
    assert.equal(listing.source, join(typical, '.iris/kv-cache'));
    assert.deepEqual(
      listing.scopes.map(({ scope, entries }) => `${scope} ${entries.length}`),
      ['system 3', 'instructions 6', 'project 3', 'task 24', 'artifacts 21'],
    );
    assert.deepEqual(Object.keys(listing.scopes[0]!), ['scope', 'quotaBytes', 'usedBytes', 'entries']);
    const entries = new Map(
      listing.scopes.flatMap(({ scope, entries: all }) => all.map((entry) => [`${scope}/${entry.key}`, entry])),
    );
    const banner = entries.get('system/startup_banner')!;
    assert.deepEqual(Object.keys(banner), [
      'key',
      'originalKey',
      'path',
      'contentType',
      'sizeBytes',
      'tokens',
      'fingerprint',
      'createdAt',
      'expiresAt',
      'ttlHours',
      'state',
      'version',
      'tags',
      'metadata',
    ]);
    assert.equal(banner.originalKey, 'startup banner');
    assert.ok(banner.tokens !== null && banner.tokens > 0);
    assert.equal(entries.get('task/binary.bin')!.tokens, null);
    assert.equal(entries.get('task/empty')!.tokens, 0);
    const states = (state: string) => [...entries].filter(([, entry]) => entry.state === state).map(([place]) => place);
    assert.deepEqual(states('corrupt'), ['task/summary_09208a65-0f3e-4dd3-902b-938b8743feb6']);
    assert.deepEqual(states('missing'), ['artifacts/analysis_result__1']);
    assert.deepEqual(states('orphan'), ['artifacts/tool_output_orphan_deadbeef']);
    assert.equal(states('expired').length, 1 + 1 + 3 + 4);
    assert.match(entries.get('artifacts/tool_output_orphan_deadbeef')!.fingerprint!, /^[0-9a-f]{16}$/);
  });

  it('counts the tokens that the original counted, in its encoding', async () => {
    const { out } = await runCommand([
      'cache',
      'ls',
      '--source',
      typical,
      '--json',
      '--scope',
      'artifacts',
      '--encoding',
      'cl100k_base',
      ...goldenNow,
    ]);
    const [artifacts, ...others] = (JSON.parse(out) as Listing).scopes;
    assert.equal(others.length, 0);
    // The original counts some results before it wraps them, so only values stored as they were can be compared.
    const file = artifacts!.entries.find(({ key }) => key.startsWith('file_content'));
    assert.equal(file?.tokens, file?.metadata['size_tokens']);
  });

  it('takes the kv-cache folder itself, a relative path and the current folder', async () => {
    const place = join(typical, '.iris/kv-cache');
    for (const [args, cwd] of [
      [['--source', place], '/'],
      [['--source', 'typical'], goldenCaches],
      [[], typical],
    ] as const) {
      const { out } = await runCommand(['cache', 'ls', '--json', '--no-tokens', ...args], { cwd });
      assert.equal((JSON.parse(out) as Listing).source, place);
    }
  });

  it('prints a table for people', async () => {
    const { code, out } = await runCommand(['cache', 'ls', '--source', typical, '--scope', 'system', ...goldenNow]);
    assert.equal(code, 0);
    assert.equal(
      out,
      `system: 201 B of 10 MiB
KEY             STATE     SIZE  TOKENS  EXPIRES (UTC)
tool_schemas    fresh    179 B      53  2025-11-14T07:30:00.123555
startup_banner  fresh     19 B       5  2025-11-14T07:30:00.124373
legacy_profile  expired    3 B       1  2025-11-08T07:30:00.124579
`,
    );
  });
});

describe('context-cache cache health', () => {
  it('prints findings in the documented shape and fails on an error', async () => {
    const { code, out } = await runCommand(['cache', 'health', '--source', typical, '--json', ...goldenNow]);
    assert.equal(code, 1);
    const { findings } = JSON.parse(out) as { findings: readonly Record<string, unknown>[] };
    for (const finding of findings) {
      assert.deepEqual(Object.keys(finding), ['id', 'severity', 'scope', 'key', 'message', 'fix']);
    }
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ id, key }) => [id, key]),
      [
        ['corrupt', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6'],
        ['missing', 'analysis_result__1'],
      ],
    );
  });

  it('succeeds where there is nothing worse than information', async () => {
    const { code, out } = await runCommand([
      'cache',
      'health',
      '--source',
      typical,
      '--scope',
      'system',
      '--json',
      ...goldenNow,
    ]);
    assert.equal(code, 0);
    assert.deepEqual(
      (JSON.parse(out) as { findings: { id: string }[] }).findings.map(({ id }) => id),
      ['expired'],
    );
    const empty = await runCommand(['cache', 'health', '--source', join(goldenCaches, 'empty')]);
    assert.deepEqual([empty.code, empty.out], [0, 'Nothing is wrong.\n']);
  });
});

describe('context-cache cache stats', () => {
  it('prints the numbers of the original', async () => {
    const { code, out } = await runCommand(['cache', 'stats', '--source', typical, '--json', ...goldenNow]);
    assert.equal(code, 0);
    const { scopes } = JSON.parse(out) as { scopes: readonly Record<string, unknown>[] };
    const task = scopes.find(({ scope }) => scope === 'task');
    assert.deepEqual(
      [task?.['entries'], task?.['active'], task?.['expired'], task?.['bytes'], task?.['defaultTtlHours']],
      [24, 21, 3, 2558, 24],
    );
    assert.deepEqual(task?.['health'], { error: 1, warning: 0, information: 10 });
    const text = await runCommand(['cache', 'stats', '--source', typical, '--no-tokens', ...goldenNow]);
    assert.match(text.out, /^task +24 +21 +3 +0 /m);
  });
});

describe('context-cache cache show', () => {
  const show = async (...args: readonly string[]) =>
    runCommand(['cache', 'show', ...args, '--source', typical, ...goldenNow]);

  it('prints a value by its key as kept or as given', async () => {
    for (const key of ['startup_banner', 'startup banner']) {
      const { code, out } = await show('system', key);
      assert.equal(code, 0);
      assert.equal(
        out.trimEnd(),
        readFileSync(join(typical, '.iris/kv-cache/system/startup_banner'), 'utf8').trimEnd(),
      );
    }
  });

  it('gives the entry and the value as JSON, binary ones in base64', async () => {
    const text = JSON.parse((await show('project', 'summary', '--json')).out) as Record<string, unknown>;
    assert.equal(text['valueEncoding'], 'utf-8');
    assert.equal(text['state'], 'fresh');
    assert.deepEqual(text['metadata'], { phase: 2, tags: ['report', 'finance'] });
    const binary = JSON.parse((await show('task', 'binary.bin', '--json')).out) as Record<string, unknown>;
    assert.equal(binary['valueEncoding'], 'base64');
    assert.deepEqual(
      Buffer.from(binary['value'] as string, 'base64'),
      readFileSync(join(typical, '.iris/kv-cache/task/binary.bin')),
    );
    const corrupt = await show('task', 'summary_09208a65-0f3e-4dd3-902b-938b8743feb6', '--json');
    assert.equal((JSON.parse(corrupt.out) as Record<string, unknown>)['state'], 'corrupt');
    assert.match(corrupt.messages, /fingerprint/);
  });

  it('fails for a missing value, an unknown key and a binary one says so', async () => {
    const missing = await show('artifacts', 'analysis_result__1');
    assert.deepEqual([missing.code, missing.out], [1, '']);
    assert.match(missing.messages, /missing/);
    const unknown = await show('task', 'nobody');
    assert.equal(unknown.code, 1);
    assert.match(unknown.messages, /There is no 'nobody' in the scope 'task'/);
    const binary = await show('task', 'binary.bin');
    assert.equal(binary.out, '');
    assert.match(binary.messages, /binary \(1024 bytes\)/);
  });
});

describe('the cache commands', () => {
  let cache: TemporaryCache;

  beforeEach(() => {
    cache = new TemporaryCache();
  });

  afterEach(() => {
    cache.dispose();
  });

  it('neutralise control characters for terminals', async () => {
    cache.write('task/evil', 'a\u001b]0;owned\u0007\u202eb\n\tc');
    cache.write(
      'task/_index.json',
      JSON.stringify({ evil: { original_key: 'e', path: '\u001b[31m/x', expires_at: '\u001b[2J' } }),
    );
    for (const args of [
      ['ls'],
      ['health'],
      ['stats'],
      ['show', 'task', 'evil'],
      ['ls', '--json'],
      ['health', '--json'],
      ['show', 'task', 'evil', '--json'],
    ]) {
      const { out, messages } = await runCommand(['cache', ...args, '--source', cache.workspace, ...goldenNow]);
      // eslint-disable-next-line no-control-regex -- the point of the test
      assert.doesNotMatch(out + messages, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, args.join(' '));
    }
    const { out } = await runCommand(['cache', 'show', 'task', 'evil', '--source', cache.workspace]);
    assert.equal(out, 'a\\u001b]0;owned\\u0007\\u202eb\n\tc\n');
  });

  it('keep every digit of metadata, and stay JSON with NaN', async () => {
    cache.put('task', 'a', 'x');
    const index = readFileSync(cache.path('task/_index.json'), 'utf8');
    cache.write(
      'task/_index.json',
      index.replace(
        '"metadata": {}',
        '"metadata": {"__proto__": 1, "10": NaN, "2": 1152921504606846977, "f": 2.0, "i": -Infinity}',
      ),
    );
    const { out } = await runCommand(['cache', 'ls', '--source', cache.workspace, '--json', ...goldenNow]);
    assert.match(out, /"__proto__": 1,\s+"10": "NaN",\s+"2": 1152921504606846977,\s+"f": 2\.0,\s+"i": "-Infinity"/);
    assert.doesNotThrow(() => JSON.parse(out) as unknown);
  });

  it('report an index that can not be read, and still list the rest', async () => {
    cache.put('project', 'notes', 'x');
    cache.write('task/_index.json', '{"a": ');
    const { code, out, messages } = await runCommand([
      'cache',
      'ls',
      '--source',
      cache.workspace,
      '--json',
      ...goldenNow,
    ]);
    assert.equal(code, 1);
    assert.match(messages, /index of 'task' can't be read: a value is expected at line 1, column 7/);
    assert.equal((JSON.parse(out) as Listing).scopes.find(({ scope }) => scope === 'project')?.entries.length, 1);
  });

  it('tell stale instructions when they are given a library', async () => {
    cache.putAll('instructions', {
      instruction_web: { content: 'old', changes: { metadata: { auto_seeded: true } } },
      instruction_same: { content: 'same', changes: { metadata: { auto_seeded: true } } },
    });
    const library = cache.outside('library');
    mkdirSync(library);
    writeFileSync(join(library, 'web.md'), 'new');
    writeFileSync(join(library, 'same.md'), 'same');
    const { out } = await runCommand([
      'cache',
      'ls',
      '--source',
      cache.workspace,
      '--library',
      library,
      '--json',
      ...goldenNow,
    ]);
    const instructions = (JSON.parse(out) as Listing).scopes.find(({ scope }) => scope === 'instructions');
    assert.deepEqual(
      instructions?.entries.map(({ key, state }) => `${key} ${state}`),
      ['instruction_web stale', 'instruction_same fresh'],
    );
  });

  it('fail with the next step where there is no cache, and on wrong use', async () => {
    const none = await runCommand(['cache', 'ls', '--source', cache.outside('.')]);
    assert.equal(none.code, 1);
    assert.match(none.messages, /There is no cache in .*kv-cache.*Name a workspace/);
    assert.equal((await runCommand(['cache', 'ls', '--scope', 'bogus'])).code, 2);
    assert.equal((await runCommand(['cache', 'show', 'bogus', 'x'])).code, 2);
    assert.equal((await runCommand(['cache', 'show', 'task'])).code, 2);
    assert.equal((await runCommand(['cache', 'ls', '--encoding', 'p50k_base'])).code, 2);
    assert.equal((await runCommand(['cache', 'bogus'])).code, 2);
  });
});
