import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatKey, completion, startChatServer } from '../../support/chatServer';
import type { ChatServer } from '../../support/chatServer';
import { TemporaryCache } from '../cache/temporaryCache';
import { filesBelow } from '../cache/writing';
import { runCommand } from '../cli/runCommand';
import type { CommandResult } from '../cli/runCommand';

const text = 'The report is due on Friday, and Ada writes the part about memory prices. '.repeat(20);

interface Answer {
  readonly summaries: readonly {
    readonly label: string;
    readonly key: string;
    readonly kind: string;
    readonly outcome?: string;
    readonly hit?: boolean;
    readonly reason?: string | null;
    readonly problem?: string | null;
    readonly summary?: string | null;
    readonly questions?: number;
    readonly tokens?: number;
  }[];
}

describe('context-cache summary', () => {
  let cache: TemporaryCache;
  let data: string;
  let server: ChatServer;
  let env: NodeJS.ProcessEnv;

  const run = async (
    args: readonly string[],
    options: { stdin?: string; answer?: boolean } = {},
  ): Promise<CommandResult> => runCommand(['summary', ...args], { ...options, cwd: cache.workspace, env });
  const json = async (
    args: readonly string[],
    options: { stdin?: string } = {},
  ): Promise<Answer & { readonly code: number }> => {
    const { code, out, messages } = await run([...args, '--json'], options);
    assert.notEqual(out, '', messages);
    return { ...(JSON.parse(out) as Answer), code };
  };
  const write = (name: string, content: string): void => {
    writeFileSync(join(cache.workspace, name), content);
  };

  // One for all tests: the token tables are expanded in it once.
  before(() => {
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  });

  after(() => {
    rmSync(data, { recursive: true, force: true });
  });

  beforeEach(async () => {
    cache = new TemporaryCache();
    server = await startChatServer();
    env = {
      CONTEXT_CACHE_HOME: data,
      OPENAI_BASE_URL: server.address,
      OPENAI_API_KEY: chatKey,
      CONTEXT_CACHE_SUMMARY_MODEL: 'tiny',
    };
    write('plan.md', text);
  });

  afterEach(async () => {
    await server.stop();
    cache.dispose();
    for (const folder of ['versions', 'summaries']) {
      rmSync(join(data, folder), { recursive: true, force: true });
    }
  });

  it('makes a summary once, after a yes, and gets it from then on', async () => {
    const before = filesBelow(cache.root);
    const missing = await run(['get', 'plan.md']);
    assert.deepEqual([missing.code, missing.out], [1, '']);
    assert.match(missing.messages, /plan\.md: no summary: there is none yet\./);

    const unasked = await run(['make', 'plan.md']);
    assert.equal(unasked.code, 1);
    assert.match(unasked.messages, /plan\.md +\d+ +1 +\d+ +there is none yet[^]*Nothing was sent/);
    const planned = await json(['make', 'plan.md', '--dry-run']);
    assert.deepEqual([planned.code, planned.summaries[0]?.questions], [0, 1]);
    assert.equal(server.requests.length, 0);
    assert.deepEqual(filesBelow(cache.root), before);

    const made = await run(['make', 'plan.md'], { answer: true });
    assert.deepEqual([made.code, made.out], [0, 'Summary number 1.\n']);
    assert.match(
      made.messages,
      /\d+ tokens became \d+; \d+ were sent and received\. Take it back with: cache restore --operation \w+/,
    );
    const again = await json(['make', 'plan.md']);
    assert.deepEqual([again.code, again.summaries[0]?.outcome], [0, 'hit']);
    const got = await run(['get', 'plan.md']);
    assert.deepEqual([got.code, got.out], [0, 'Summary number 1.\n']);
    assert.equal(server.requests.length, 1);

    const operation = /--operation (\S+)/.exec(made.messages)![1]!;
    const undone = await runCommand(['cache', 'restore', '--operation', operation, '--yes'], {
      cwd: cache.workspace,
      env,
    });
    assert.equal(undone.code, 0, undone.messages);
    assert.equal((await run(['get', 'plan.md'])).code, 1);
  });

  it('gives a workspace without a cache one', async () => {
    rmSync(join(cache.workspace, '.iris'), { recursive: true });
    assert.equal((await run(['make', 'plan.md', '--yes'])).code, 0);
    assert.equal((await run(['get', 'plan.md'])).code, 0);
  });

  it('sums up conversations, messages, entries, projects and standard input', async () => {
    write(
      'talk.json',
      JSON.stringify([
        { message_id: 'm1', type: 'user', content: text },
        { message_id: 'm2', type: 'assistant', content: 'Fine.' },
      ]),
    );
    write('README.md', `# Title\n\n${text}`);
    cache.put('artifacts', 'output', text);
    const made = async (...args: string[]): Promise<string[]> =>
      (await json(['make', '--yes', ...args], { stdin: text })).summaries.map(
        ({ kind, key, outcome }) => `${kind} ${key.replace(/[0-9a-f]{12,}$/, '…')} ${outcome ?? ''}`,
      );
    assert.deepEqual(await made('talk.json'), ['conversation task/summary_conversation_talk.json_… made']);
    assert.deepEqual(await made('talk.json', '--messages'), [
      'message task/summary_m1 made',
      'message task/summary_m2 short',
    ]);
    assert.deepEqual(await made('--entry', 'artifacts/output'), ['entry task/summary_entry_output_… made']);
    assert.deepEqual(await made('--project'), ['project project/summary made']);
    assert.deepEqual(await made('-'), ['selection task/summary_text_… made']);
    assert.match(server.requests[3]!.body.messages[1]!.content, /# File README\.md/);
    const wrong = [
      [],
      ['missing.md'],
      ['plan.md', '--project', '--messages'],
      ['plan.md', '--messages'],
      ['--entry', 'nowhere/x'],
      ['--project', join(tmpdir(), 'x')],
    ];
    for (const args of wrong) {
      const { code, messages } = await run(['make', '--yes', ...args]);
      assert.equal(code, 1, args.join(' '));
      assert.match(messages, /^context-cache: .+\. .+\./, args.join(' '));
    }
  });

  it('stores nothing when the model refuses, and says so', async () => {
    server.answerNext(200, completion({ content: null, refusal: 'Not this.' }));
    const before = filesBelow(cache.root);
    const refused = await json(['make', 'plan.md', '--yes']);
    assert.deepEqual(
      [refused.code, refused.summaries[0]?.outcome, refused.summaries[0]?.problem],
      [1, 'failed', 'refused'],
    );
    server.answerNext(401, '{"error":{"message":"invalid key"}}');
    const failed = await run(['make', 'plan.md', '--yes']);
    assert.equal(failed.code, 1);
    assert.match(failed.messages, /plan\.md: nothing was stored\. .*401.*invalid key/);
    assert.ok(!failed.messages.includes(chatKey));
    const poor = await run(['make', 'plan.md', '--yes', '--budget', '50']);
    assert.match(poor.messages, /budget of 50/);
    assert.deepEqual(filesBelow(cache.root), before);
  });

  it('asks for a model, and sends a key nowhere it should not', async () => {
    env['CONTEXT_CACHE_SUMMARY_MODEL'] = '';
    assert.match((await run(['make', 'plan.md', '--yes'])).messages, /No model is named/);
    env['OPENAI_BASE_URL'] = 'http://example.com/v1';
    assert.match((await run(['make', 'plan.md', '--yes', '--model', 'x'])).messages, /not encrypted/);
    assert.equal((await run(['make', 'plan.md', '--budget', 'much'])).code, 2);
  });

  it('refreshes what changed and was made here', async () => {
    write('other.md', `${text}!`);
    await run(['make', 'plan.md', 'other.md', '--yes']);
    assert.match((await run(['refresh'])).out, /Nothing to refresh/);
    write('plan.md', `${text}changed`);
    const listed = await runCommand(['cache', 'ls', '--json'], { cwd: cache.workspace, env });
    assert.match(listed.out, /"state": "stale"/);
    const planned = await json(['refresh', '--dry-run']);
    assert.deepEqual(
      planned.summaries.map(({ label, reason }) => [label, reason]),
      [['plan.md', 'source-changed']],
    );
    assert.equal((await run(['refresh'])).code, 1);
    const refreshed = await run(['refresh', '--yes']);
    assert.deepEqual([refreshed.code, refreshed.out], [0, 'Made 1 of 1 summaries again.\n']);
    assert.equal((await run(['get', 'plan.md'])).out, 'Summary number 3.\n');

    write('plan.md', text);
    rmSync(join(data, 'versions'), { recursive: true });
    const elsewhere = await run(['refresh', '--yes']);
    assert.equal(elsewhere.out, 'Nothing to refresh.\n');
    assert.match(elsewhere.messages, /was not made on this machine/);
    assert.equal(server.requests.length, 3);
    assert.equal((await run(['refresh', '--yes', '--all'])).out, 'Made 1 of 1 summaries again.\n');
  });

  it('compares a summary with its source', async () => {
    await run(['make', 'plan.md', '--yes']);
    const { summaries } = await json(['get', 'plan.md']);
    const key = summaries[0]!.key;
    const fresh = await run(['diff', key]);
    assert.equal(fresh.code, 0, fresh.messages);
    assert.match(fresh.out, /-The report is due[^]*\+Summary number 1\./);
    write('plan.md', `${text}changed`);
    const stale = await run(['diff', key.slice('task/'.length)]);
    assert.equal(stale.code, 1);
    assert.match(stale.messages, /Out of date: the source has changed since/);
    cache.put('task', 'summary_old', 'A summary of nobody knows what.');
    assert.match((await run(['diff', 'summary_old'])).messages, /does not say where its source is/);
    assert.equal((await run(['diff', 'nothing'])).code, 1);
  });

  it('invalidates summaries, all or the stale ones, and nothing else', async () => {
    cache.put('artifacts', 'output', 'Kept.');
    write('other.md', `${text}!`);
    await run(['make', 'plan.md', 'other.md', '--yes']);
    write('plan.md', `${text}changed`);
    const { code, out } = await run(['invalidate', '--stale', '--yes', '--json']);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { effects: unknown[] }).effects.length, 1);
    assert.equal((await run(['get', 'other.md'])).code, 0);
    assert.equal((await run(['invalidate'])).code, 1);
    assert.equal((await run(['invalidate', '--yes'])).code, 0);
    assert.equal((await run(['get', 'other.md'])).code, 1);
    assert.equal(readFileSync(cache.path('artifacts/output'), 'utf8'), 'Kept.');
    assert.match((await run(['invalidate', 'artifacts/output', '--yes'])).messages, /There is no/);
  });

  it('counts what was saved', async () => {
    await run(['make', 'plan.md', '--yes']);
    await run(['get', 'plan.md']);
    await run(['get', 'plan.md']);
    write('plan.md', `${text}changed`);
    const { out } = await run(['stats', '--json']);
    const {
      hits,
      misses,
      made,
      tokensSaved,
      cache: counts,
    } = JSON.parse(out) as Record<string, number> & { cache: Record<string, number> };
    assert.deepEqual([hits, misses, made], [2, 1, 1]);
    assert.ok(tokensSaved! > 500);
    assert.deepEqual([counts['total'], counts['stale'], counts['fresh']], [1, 1, 0]);
    const shown = await run(['stats']);
    assert.match(shown.out, /HITS[^]*2 +1 +1 +0 +\d+ +\d+\nSince [^]*: 1 summaries, 0 fresh, 1 stale, 0 expired\./);
    rmSync(join(cache.workspace, '.iris'), { recursive: true });
    assert.equal((await run(['stats'])).code, 0);
  });
});
