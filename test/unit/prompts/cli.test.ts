import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSampleCache } from '../../support/makeSampleCache';
import { runCommand } from '../cli/runCommand';
import type { CommandResult } from '../cli/runCommand';

const root = path.join(__dirname, '..', '..', '..');
const sample = path.join(root, 'test', 'fixtures', 'sample-workspace');
const manifest = 'prompts/market-reporter.prompt.yaml';
const now = Date.UTC(2031, 4, 6, 7, 8, 9, 120);

describe('context-cache prompt', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-prompt-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (...args: string[]): Promise<CommandResult> => runCommand(['prompt', ...args], { cwd: folder });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the shape of the JSON
  const json = async <Result>(...args: string[]): Promise<{ code: number; value: Result }> => {
    const { code, out, messages } = await run(...args, '--json');
    assert.notEqual(out, '', messages);
    return { code, value: JSON.parse(out) as Result };
  };
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  };
  const withSample = async (): Promise<void> => {
    await cp(sample, folder, { recursive: true });
  };

  it('compiles the smallest manifest with the built-in library', async () => {
    await put(
      'agent.prompt.yaml',
      'name: agent\nparts:\n  - text: You are careful.\n  - file: identity.md\n  - instruction: research\n',
    );
    await put('identity.md', 'You are Ada.\n');
    const full = await run('compile', 'agent.prompt.yaml', '--variant', 'full');
    assert.equal(full.code, 0);
    assert.match(full.out, /^You are careful\.\n\nYou are Ada\.\n\n# Research\n/);
    const streamlined = await run('compile', 'agent.prompt.yaml', '--variant', 'streamlined');
    assert.match(streamlined.out, /call `get_instruction` with the tag `research`\.\n$/);
    assert.ok(streamlined.out.length < full.out.length);
  });

  it('writes the compiled prompt and a lock of all variants', async () => {
    await withSample();
    const { code, value } = await json<{ files: string[]; tokens: number; parts: { id: string; tokens: number }[] }>(
      'compile',
      manifest,
      '--variant',
      'streamlined',
      '--format',
      'anthropic',
      '--out',
      'out',
    );
    assert.equal(code, 0);
    assert.deepEqual(value.files, [
      'out/market-reporter.streamlined.anthropic.json',
      'out/market-reporter.prompt.lock.json',
    ]);
    const lock = JSON.parse(await readFile(path.join(folder, value.files[1]!), 'utf8')) as {
      variants: Record<string, { tokens: number; parts: { id: string; tokens: number }[] }>;
    };
    assert.deepEqual(Object.keys(lock.variants), ['full', 'streamlined']);
    assert.equal(lock.variants['streamlined']!.tokens, value.tokens);
    assert.deepEqual(
      lock.variants['streamlined']!.parts.map(({ id, tokens }) => [id, tokens]),
      value.parts.map(({ id, tokens }) => [id, tokens]),
    );
  });

  it('gives the same bytes in another folder, locale, time zone and order of making the files', async () => {
    const instructions = { 'ä.md': 'Ä', 'z.md': 'Z', 'B.md': 'B', 'i.md': 'I' };
    const files: Readonly<Record<string, string>> = {
      'context-cache.yaml': '',
      'a.prompt.yaml': `name: a\nmodels: [claude-opus-4-8, gpt-5.6, gemini-2.5-pro]\nparts:\n${['ä', 'z', 'B', 'i'].map((tag) => `  - instruction: ${tag}\n`).join('')}  - tools: t.json\n`,
      't.json': '[{"name":"ı"},{"name":"I"},{"name":"i"}]',
      ...Object.fromEntries(Object.entries(instructions).map(([name, text]) => [`instructions/${name}`, text])),
    };
    const outputs: string[][] = [];
    const places = [
      { name: 'first', order: Object.keys(files), env: { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' } },
      {
        name: 'second place',
        order: Object.keys(files).reverse(),
        env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      },
    ];
    for (const { name, order, env } of places) {
      for (const file of order) {
        await put(path.join(name, file), files[file]!);
      }
      const cwd = path.join(folder, name);
      // Each run is a process of its own: locale and time zone are read at its start.
      const script = `for (const format of ['text', 'anthropic', 'openai', 'gemini']) for (const variant of ['full', 'streamlined']) { const { code } = await run(['prompt', 'compile', 'a.prompt.yaml', '--variant', variant, '--format', format, '--out', 'out']); if (code !== 0) process.exit(code); }`;
      const { status, stderr } = spawnSync(
        process.execPath,
        [
          '--require',
          'tsx/cjs',
          '-e',
          `(async () => { const { runCommand } = require(${JSON.stringify(path.join(root, 'test/unit/cli/runCommand.ts'))}); const run = (args) => runCommand(args, { cwd: ${JSON.stringify(cwd)} }); ${script} })().catch((error) => { console.error(error); process.exit(1); });`,
        ],
        { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } },
      );
      assert.equal(status, 0, stderr);
      const names = (await readdir(path.join(cwd, 'out'))).sort();
      outputs.push(
        await Promise.all(names.map(async (file) => `${file}\n${await readFile(path.join(cwd, 'out', file), 'utf8')}`)),
      );
    }
    assert.equal(outputs[0]!.length, 9);
    assert.deepEqual(outputs[1], outputs[0]);
  }).timeout(60_000);

  it('ends with 1 over budget, and still compiles', async () => {
    await put('a.prompt.yaml', 'name: a\nbudget: 2\nparts: [{ text: One two three four. }]\n');
    const { code, out, messages } = await run('compile', 'a.prompt.yaml');
    assert.deepEqual([code, out], [1, 'One two three four.\n']);
    assert.match(messages, /its budget is 2/);
  });

  it('says what is wrong with a manifest, and where', async () => {
    await put('a.prompt.yaml', 'name: a\nparts:\n  - txt: x\n');
    const { code, out, messages } = await run('compile', 'a.prompt.yaml');
    assert.deepEqual([code, out], [1, '']);
    assert.match(messages, /a\.prompt\.yaml:3:5: error manifest: part 1 says not what it is/);
    assert.equal((await run('compile', 'gone.prompt.yaml')).code, 1);
    assert.equal((await run('compile')).code, 2);
    assert.equal((await run('compile', 'a.prompt.yaml', '--format', 'word')).code, 2);
  });

  it('compares the variants', async () => {
    await withSample();
    const { value } = await json<{
      left: { tokens: number };
      right: { tokens: number };
      savedTokens: number;
      method: string;
      parts: { id: string }[];
    }>('compare', manifest);
    assert.equal(value.savedTokens, value.left.tokens - value.right.tokens);
    assert.ok(value.savedTokens > 3000);
    assert.equal(value.method, 'exact');
    assert.ok(value.parts.some(({ id }) => id === 'on-demand'));
    assert.match(
      (await run('compare', manifest)).out,
      /'streamlined' saves \d+ tokens, \d+\.\d % \(o200k_base, exact\)/,
    );
  });

  it('lints manifests, requests, prompts and instruction files, and ends with 1 for a warning', async () => {
    await put('context-cache.yaml', 'lint:\n  CB17: off\n  CB12: error\n');
    await put(
      'a.prompt.yaml',
      'name: a\nvariables: { now: { kind: turn } }\nparts:\n  - text: "{{now}}"\n  - text: Static.\n',
    );
    await put(
      'r.json',
      JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'system', content: 'Today is 2031-05-06.' }] }),
    );
    await put('p.py', `x = 1\nP = f"""${'Rule. '.repeat(60)}\n{datetime.now()}\n"""\n`);
    await put('CLAUDE.md', 'In /home/karin/app\n\nLast updated: 2031-05-06\n');
    const { code, value } = await json<{ findings: { id: string; severity: string; path: string; line: number }[] }>(
      'lint',
      'a.prompt.yaml',
      'r.json',
      'p.py',
      'CLAUDE.md',
    );
    assert.equal(code, 1);
    assert.deepEqual(
      value.findings.map(({ id, severity, path: file, line }) => `${id} ${severity} ${file}:${line}`),
      ['CB01 warning a.prompt.yaml:4', 'CB01 warning r.json:1', 'CB01 warning p.py:3', 'CB12 error CLAUDE.md:3'],
    );
    const quiet = await run('lint', 'CLAUDE.md', '--disable', 'CB12');
    assert.deepEqual([quiet.code, quiet.messages], [0, 'Nothing found.\n']);
    assert.equal((await run('lint', 'CLAUDE.md', '--disable', 'CB99')).code, 2);
  });

  it('finds where two variants, texts and requests part ways', async () => {
    await withSample();
    const { value } = await json<{ equal: boolean; divergence: { right: { part: string } }; commonTokens: number }>(
      'prefix',
      `${manifest}#full`,
      `${manifest}#streamlined`,
    );
    assert.equal(value.equal, false);
    assert.equal(value.divergence.right.part, 'on-demand');
    await put('a.txt', `${'word '.repeat(3000)}one`);
    await put('b.txt', `${'word '.repeat(3000)}two`);
    const texts = await json<{ commonTokens: number; providers: { model: string; survivingTokens: number }[] }>(
      'prefix',
      'a.txt',
      'b.txt',
      '--model',
      'gpt-4o',
    );
    assert.equal(texts.value.commonTokens, 3000);
    assert.deepEqual(
      texts.value.providers.map(({ model, survivingTokens }) => [model, survivingTokens]),
      [['gpt-4o', 2944]],
    );
    assert.match((await run('prefix', 'a.txt', 'b.txt')).out, /after 15000 bytes and 3000 tokens/);
    assert.match((await run('prefix', 'a.txt', 'b.txt', '--model', 'nobody')).messages, /No rules are known/);
  });

  it('reckons the cost with its basis, and takes own prices', async () => {
    await withSample();
    interface Report {
      reports: {
        model: string;
        unit: string;
        variants: { variant: string; perDay: { value: number } }[];
        basis: string[];
      }[];
    }
    const { value } = await json<Report>('cost', manifest, '--requests-per-day', '100', '--hit-rate', '1');
    assert.deepEqual(
      value.reports.map(({ model }) => model),
      ['claude-sonnet-5', 'gpt-5.6'],
    );
    assert.ok(value.reports.every(({ variants, basis }) => variants.length === 2 && basis.length >= 5));
    await put(
      'own.json',
      JSON.stringify({
        providers: [{ id: 'openai-5.6', models: [{ match: 'gpt-5.6', inputPerMTok: 0, outputPerMTok: 0 }] }],
      }),
    );
    const own = await json<Report>('cost', manifest, '--model', 'gpt-5.6', '--providers', 'own.json');
    assert.equal(own.value.reports[0]!.variants[0]!.perDay.value, 0);
    assert.match((await run('cost', manifest)).out, /claude-sonnet-5 \(Anthropic\), in USD\n/);
    assert.equal((await run('cost', manifest, '--hit-rate', '2')).code, 2);
  });

  it('reports as text, as JSON, as a page and as a picture', async () => {
    await withSample();
    const { code, value } = await json<{
      variants: { name: string; tokens: number; parts: { added: number }[] }[];
      costs: { model: string }[];
      history: { origin: string }[];
    }>('report', manifest);
    assert.equal(code, 0);
    for (const { tokens, parts } of value.variants) {
      assert.equal(
        parts.reduce((sum, { added }) => sum + added, 0),
        tokens,
      );
    }
    assert.deepEqual(
      value.costs.map(({ model }) => model),
      ['claude-sonnet-5', 'gpt-5.6'],
    );
    assert.deepEqual(
      value.history.map(({ origin }) => origin),
      ['now'],
    );
    const text = await run('report', manifest, '--variant', 'streamlined');
    assert.match(text.out, /^market-reporter: full [\d,]+ tokens, .* streamlined [\d,]+ tokens, −\d+%/);
    assert.match(text.out, /on-demand +[\d,]+ +\d+%/);
    assert.match(text.out, /What all requests share ends after [\d,]+ tokens, in task/);
    assert.match(text.out, /Rules and prices as of \d{4}-\d\d-\d\d/);
    assert.deepEqual((await readdir(folder)).includes('out'), false, 'text and JSON write nothing');

    const written = await run('report', manifest, '--html', 'out/r.html', '--svg', 'out/r.svg');
    assert.equal(written.out, '');
    assert.match(written.messages, /Wrote out\/r\.html\nWrote out\/r\.svg/);
    assert.match(await readFile(path.join(folder, 'out/r.html'), 'utf8'), /^<!DOCTYPE html>.*market-reporter/s);
    assert.match(await readFile(path.join(folder, 'out/r.svg'), 'utf8'), /^<svg .*What fills the window: full/s);
  });

  it('reports the history of the lock file in Git', async () => {
    await withSample();
    const git = (...args: string[]): void => {
      const { status, stderr } = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
    };
    git('init', '-q');
    await run('compile', manifest, '--out', 'prompts');
    git('add', '-A');
    git('commit', '-q', '-m', 'first');
    await put('prompts/parts/disclaimer.md', `${'No advice. '.repeat(100)}\n`);
    await run('compile', manifest, '--out', 'prompts');
    git('commit', '-q', '-a', '-m', 'longer');
    const { value } = await json<{ history: { origin: string; label: string; tokens: Record<string, number> }[] }>(
      'report',
      manifest,
    );
    assert.deepEqual(
      value.history.map(({ origin, label }) => [origin, label.slice(9)]),
      [
        ['commit', 'first'],
        ['commit', 'longer'],
        ['now', ''],
      ],
    );
    const [first, longer, now] = value.history.map(({ tokens }) => tokens['full']!);
    assert.ok(longer! > first! + 200);
    assert.equal(longer, now);
  });

  it('refuses a report of what it does not know', async () => {
    await withSample();
    for (const [args, message] of [
      [['--variant', 'tiny'], /no variant 'tiny'/],
      [['--model', 'no-such-model'], /No rules are known/],
      [['--lock', 'none.json'], /does not exist/],
    ] as const) {
      const { code, messages, out } = await run('report', manifest, ...args);
      assert.equal(code, 1);
      assert.match(messages, message);
      assert.equal(out, '');
    }
  });

  it('selects by flag, by percentage and by what the sandbox can serve', async () => {
    await withSample();
    await writeSampleCache(folder, now);
    const at = ['--now', new Date(now).toISOString()];
    const select = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> =>
      (
        await runCommand(['prompt', 'select', ...args], {
          cwd: folder,
          env: { CONTEXT_CACHE_HOME: path.join(folder, 'home'), ...env },
        })
      ).out.trim();
    assert.equal(await select({}), 'full');
    assert.equal(await select({ USE_KV_CACHE_PROMPT: 'true' }), 'streamlined');
    assert.equal(await select({ LEAN: '1' }, '--flag', 'LEAN'), 'streamlined');
    assert.equal(
      await select({}, '--percentage', '50', '--key', 'bob'),
      await select({}, '--percentage', '50', '--key', 'bob'),
    );
    // The sample's cache has no `source_quality`.
    assert.equal(await select({ USE_KV_CACHE_PROMPT: '1' }, manifest, '--source', '.', ...at), 'full');
    await put('small.prompt.yaml', 'name: s\nparts: [{ instruction: presentation }]\n');
    assert.equal(
      await select({ USE_KV_CACHE_PROMPT: '1' }, 'small.prompt.yaml', '--source', '.', ...at),
      'streamlined',
    );
  });

  it('verifies against a sandbox, at a given time', async () => {
    await withSample();
    await writeSampleCache(folder, now);
    interface Result {
      servable: boolean;
      instructions: { tag: string; state: string }[];
      lost: { part: string }[];
      findings: { id: string }[];
    }
    const states = async (time: number): Promise<Record<string, string>> => {
      const { code, value } = await json<Result>(
        'verify',
        manifest,
        '--source',
        '.',
        '--now',
        new Date(time).toISOString(),
      );
      assert.equal(code, 1);
      assert.equal(value.servable, false);
      return Object.fromEntries(value.instructions.map(({ tag, state }) => [tag, state]));
    };
    assert.deepEqual(await states(now), {
      document_creation: 'fresh',
      presentation: 'fresh',
      research: 'stale',
      source_quality: 'not-seeded',
      visualization: 'expiring',
    });
    assert.equal((await states(now + 9 * 3_600_000))['visualization'], 'expired');
    const { code, value } = await json<Result>('verify', manifest);
    assert.deepEqual([code, value.lost, value.findings], [0, [], []]);
  });

  it('reads and does not write', async () => {
    await withSample();
    await writeSampleCache(folder, now);
    const listing = async (): Promise<string[]> => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort();
      return Promise.all(paths.map(async (file) => `${file} ${(await readFile(file)).toString('base64')}`));
    };
    const before = await listing();
    for (const args of [
      ['compile', manifest],
      ['compare', manifest],
      ['lint', manifest],
      ['cost', manifest],
      ['report', manifest],
      ['verify', manifest, '--source', '.'],
      ['select', manifest],
      ['convert', 'AGENTS.md'],
    ]) {
      await run(...args);
    }
    assert.deepEqual(await listing(), before);
  });

  it('converts a prompt into a folder that compiles, and overwrites nothing unasked', async () => {
    await put(
      'long.md',
      `You are an agent.\n\n# Rules\n\nBe kind.\n\n# Presentations\n\n${'One idea per slide. '.repeat(120)}\n`,
    );
    const { value } = await json<{ written: string[]; sections: { id: string; onDemand: boolean }[] }>(
      'convert',
      'long.md',
      '--out',
      'new',
    );
    assert.deepEqual(value.written, [
      'new/long.prompt.yaml',
      'new/parts/opening.md',
      'new/parts/rules.md',
      'new/instructions/presentations.md',
    ]);
    await put('new/context-cache.yaml', '');
    const compiled = await run('compile', 'new/long.prompt.yaml', '--variant', 'streamlined');
    assert.equal(compiled.code, 0);
    assert.match(compiled.out, /with the tag `presentations`/);
    const again = await run('convert', 'long.md', '--out', 'new');
    assert.equal(again.code, 1);
    assert.match(again.messages, /is there already/);
    assert.equal((await run('convert', 'long.md', '--out', 'new', '--force')).code, 0);
  });
});
