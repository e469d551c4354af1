import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CacheSnapshot } from '../../../src/core/cache/model';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { maxSourceBytes, sourceFileReader } from '../../../src/core/cache/summarySource';
import { SourceError } from '../../../src/core/errors';
import { nodeInstructionFiles } from '../../../src/core/instructions/nodeFiles';
import { planRefresh, refreshSummaries } from '../../../src/core/summaries/refresh';
import type { RefreshPlan, RefreshResult } from '../../../src/core/summaries/refresh';
import { conversationSource, entrySource, fileSource, projectSource } from '../../../src/core/summaries/sources';
import { TokenBudget } from '../../../src/core/summaries/tokenBudget';
import { goldenClock, TemporaryCache } from '../cache/temporaryCache';
import { FakeModel, TemporaryData } from './support';

const long = 'Every word of this is worth keeping, and there are many of them. '.repeat(10);

describe('stale summaries', () => {
  let cache: TemporaryCache;
  let data: TemporaryData;
  let model: FakeModel;

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(cache.workspace, path)), { recursive: true });
    writeFileSync(join(cache.workspace, path), text);
  };
  const file = (path: string) => ({ path, bytes: readFileSync(join(cache.workspace, path)), inWorkspace: true });
  const snapshot = async (): Promise<CacheSnapshot> =>
    readSnapshot(cache.tree, {
      clock: goldenClock,
      sourceFiles: sourceFileReader(nodeInstructionFiles(cache.workspace)),
    });
  const make = async (source: Parameters<ReturnType<typeof data.summarizer>['summarize']>[1]): Promise<void> => {
    const outcome = await data.summarizer().summarize(cache.tree, source, model, { budget: new TokenBudget(1e6) });
    assert.equal(outcome.kind, 'made');
  };
  const stale = async (): Promise<string[]> => {
    const { scopes, findings } = await snapshot();
    const marked = scopes.flatMap(({ entries }) => entries).filter(({ states }) => states.includes('stale'));
    const found = findings.filter(({ id, severity }) => id === 'stale-summary' && severity === 'warning');
    assert.deepEqual(
      found.map(({ key }) => key),
      marked.map(({ key }) => key),
    );
    return marked.map(({ key }) => key.replace(/_[0-9a-f]{12}$/, ''));
  };
  const plan = async (): Promise<RefreshPlan> =>
    planRefresh(cache.tree, await snapshot(), data.history, {
      file: async (path, options) =>
        nodeInstructionFiles(cache.workspace).read(path, { ...options, maxBytes: maxSourceBytes }),
    });
  const drawn = ({ stale: found, left }: RefreshPlan): string[] => [
    ...found.map(
      ({ entry, reason, known }) => `${entry.key.replace(/_[0-9a-f]{12}$/, '')} ${reason}${known ? '' : ' (not ours)'}`,
    ),
    ...left.map(({ entry, reason }) => `${entry.key.replace(/_[0-9a-f]{12}$/, '')} left: ${reason.split('.')[0]!}`),
  ];

  const unread = async (path: string): Promise<Uint8Array> => Promise.reject(new Error(`${path} was read`));

  beforeEach(() => {
    cache = new TemporaryCache();
    data = new TemporaryData();
    model = new FakeModel();
  });

  afterEach(() => {
    cache.dispose();
    data.dispose();
  });

  it('are those whose entry, file or files changed or are gone', async () => {
    cache.put('artifacts', 'output', long);
    write('docs/a.md', long);
    write('b.md', long);
    write('talk.json', JSON.stringify([{ role: 'user', content: long }]));
    const { scopes } = await snapshot();
    const entry = scopes.flatMap(({ entries }) => entries).find(({ key }) => key === 'output')!;
    await make(entrySource(entry, Buffer.from(long)));
    await make(fileSource(file('docs/a.md')));
    await make(conversationSource(file('talk.json')));
    await make(projectSource([file('docs/a.md'), file('b.md')]));
    assert.deepEqual(await stale(), []);
    assert.deepEqual(drawn(await plan()), []);

    write('b.md', `${long}!`);
    assert.deepEqual(await stale(), ['summary']);
    assert.deepEqual(drawn(await plan()), ['summary source-changed']);
    const days = { now: () => goldenClock.now() + 4 * 24 * 3600 * 1000 };
    const later = await readSnapshot(cache.tree, { clock: days });
    assert.deepEqual(await planRefresh(cache.tree, later, data.history, { file: unread }), { stale: [], left: [] });
    write('talk.json', JSON.stringify([{ role: 'user', content: `${long}!` }]));
    cache.put('artifacts', 'output', `${long}!`);
    rmSync(join(cache.workspace, 'docs/a.md'));
    assert.deepEqual(await stale(), [
      'summary',
      'summary_entry_output',
      'summary_file_a.md',
      'summary_conversation_talk.json',
    ]);
    assert.deepEqual(drawn(await plan()), [
      'summary_entry_output source-changed',
      'summary_conversation_talk.json source-changed',
      `summary left: \`${join(cache.workspace, 'docs/a')}`,
      `summary_file_a.md left: \`${join(cache.workspace, 'docs/a')}`,
    ]);
  });

  it('are made again within a budget, and what fails leaves the others alone', async () => {
    for (const name of ['a', 'b', 'c']) {
      write(`${name}.md`, `${name} ${long}`);
      await make(fileSource(file(`${name}.md`)));
      write(`${name}.md`, `${name} changed ${long}`);
    }
    const { stale: found } = await plan();
    assert.deepEqual(
      found.map(({ source, known }) => [source.label, known]),
      [
        ['a.md', true],
        ['b.md', true],
        ['c.md', true],
      ],
    );
    model.answer = ({ material }) =>
      material.includes('b changed') ? { kind: 'refused', reason: 'Not b.' } : { kind: 'text', text: 'New.' };
    const words = (results: readonly RefreshResult[]): string[] =>
      results.map((result) => ('failure' in result ? result.failure.message : result.outcome.kind));
    const steps: string[] = [];
    const first = await refreshSummaries(cache.tree, found, data.summarizer(), model, {
      budget: new TokenBudget(1_000_000),
      progress: { report: ({ done, total, message }) => steps.push(`${done}/${total} ${message ?? ''}`) },
    });
    assert.deepEqual(words(first.results), ['made', 'gpt-4o did not sum up b.md: Not b.', 'made']);
    assert.deepEqual(steps, ['0/3 a.md', '1/3 b.md', '2/3 c.md']);
    assert.deepEqual(drawn(await plan()), ['summary_file_b.md source-changed']);

    const left = (await plan()).stale;
    const poor = await refreshSummaries(cache.tree, left, data.summarizer(), model, { budget: new TokenBudget(10) });
    assert.match(words(poor.results)[0]!, /10 of the budget of 10 are left/);
  });

  it('are left when the endpoint fails for all, and when it is cancelled', async () => {
    for (const name of ['a', 'b']) {
      write(`${name}.md`, long);
      await make(fileSource(file(`${name}.md`)));
      write(`${name}.md`, `${long}${name}`);
    }
    const asked = model.asked.length;
    model.answer = () => {
      throw new SourceError('auth', 'Wrong key.', { nextStep: 'Check it.' });
    };
    const { stale: found } = await plan();
    const failed = await refreshSummaries(cache.tree, found, data.summarizer(), model, {
      budget: new TokenBudget(1e6),
    });
    assert.equal(failed.results.length, 1);
    assert.equal(model.asked.length, asked + 1);
    const abort = new AbortController();
    model.answer = () => {
      abort.abort();
      return { kind: 'text', text: 'Too late.' };
    };
    const stopped = await refreshSummaries(cache.tree, found, data.summarizer(), model, {
      budget: new TokenBudget(1e6),
      signal: abort.signal,
    });
    assert.deepEqual(stopped, { results: [], cancelled: true });
    assert.equal((await plan()).stale.length, 2);
  });

  it('are not ours when somebody in the sandbox says what they sum up', async () => {
    write('.env', `SECRET=${long}`);
    write('a.md', long);
    await make(fileSource(file('a.md')));
    const index = JSON.parse(readFileSync(cache.path('task/_index.json'), 'utf8')) as Record<
      string,
      { metadata: Record<string, unknown> }
    >;
    const [entry] = Object.values(index);
    entry!.metadata['source_file'] = '.env';
    cache.write('task/_index.json', JSON.stringify(index));
    assert.deepEqual(drawn(await plan()), ['summary_file_a.md source-changed (not ours)']);
  });

  it('never lead out of the workspace', async () => {
    writeFileSync(cache.outside('secret.txt'), long);
    symlinkSync(cache.outside('secret.txt'), join(cache.workspace, 'link.txt'));
    for (const path of [
      '../secret.txt',
      cache.outside('secret.txt'),
      'a/../../secret.txt',
      'link.txt',
      '..\\secret.txt',
      '',
    ]) {
      cache.put('task', 'summary_x', 'A summary.', {
        metadata: { source_file: path, source_fingerprint: '0'.repeat(16), summarizer: 'x' },
      });
      assert.deepEqual(await stale(), [], path);
      const { stale: found } = await plan();
      assert.deepEqual(found, [], path);
    }
  });
});
