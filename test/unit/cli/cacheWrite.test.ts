import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TemporaryCache } from '../cache/temporaryCache';
import { filesBelow } from '../cache/writing';
import { goldenNow, runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

interface PlanOutput {
  readonly source: string;
  readonly title: string;
  readonly dryRun: boolean;
  readonly operationId: string | null;
  readonly effects: readonly {
    readonly id: string;
    readonly action: string;
    readonly selected: boolean;
    readonly outcome: string | null;
    readonly message: string | null;
  }[];
}

describe('context-cache cache, commands that write', () => {
  let cache: TemporaryCache;
  let data: string;
  let library: string;

  async function run(
    args: string,
    options: { stdin?: string; answer?: boolean; now?: string } = {},
  ): Promise<CommandResult> {
    return runCommand(
      [
        'cache',
        ...args.split(' '),
        '--source',
        cache.workspace,
        ...(options.now === undefined ? goldenNow : ['--now', options.now]),
      ],
      { ...options, cwd: cache.workspace, env: { CONTEXT_CACHE_HOME: data } },
    );
  }

  async function runJson(
    args: string,
    options: Parameters<typeof run>[1] = {},
  ): Promise<PlanOutput & { code: number }> {
    const { code, out } = await run(`${args} --json`, options);
    return { ...(JSON.parse(out) as PlanOutput), code };
  }

  function index(scope: string): Record<string, Record<string, unknown>> {
    return JSON.parse(readFileSync(cache.path(scope, '_index.json'), 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
  }

  function drawn({ effects }: PlanOutput): string[] {
    return effects.map(({ id, action, outcome }) => `${action} ${id} ${outcome ?? '-'}`);
  }

  beforeEach(() => {
    cache = new TemporaryCache('typical');
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-home-')));
    library = cache.outside('library');
    mkdirSync(library);
    writeFileSync(join(library, 'research.md'), '---\nname: research\ndescription: How to look things up\n---\n# R\n');
    writeFileSync(join(library, 'extra_instructions.md'), '# Extra\n');
    writeFileSync(join(library, 'README.md'), 'not one of them');
  });

  afterEach(() => {
    cache.dispose();
    rmSync(data, { recursive: true, force: true });
  });

  it('plans a seeding without changing anything', async () => {
    const before = filesBelow(cache.workspace);
    const plan = await runJson(`seed --library ${library} --dry-run`);
    assert.equal(plan.code, 0);
    assert.equal(plan.dryRun, true);
    assert.deepEqual(drawn(plan), [
      'create instructions/instruction_extra -',
      'update instructions/instruction_research -',
    ]);
    assert.deepEqual(filesBelow(cache.workspace), before);
    assert.deepEqual(filesBelow(data), {});
  });

  it('seeds the files as they are, then says so in the flag, and then has nothing to do', async () => {
    const { code, operationId, effects } = await runJson(`seed --library ${library} --yes`);
    assert.equal(code, 0);
    assert.notEqual(operationId, null);
    assert.deepEqual(
      effects.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
    assert.deepEqual(
      readFileSync(cache.path('instructions/instruction_research')),
      readFileSync(join(library, 'research.md')),
    );
    const entry = index('instructions')['instruction_research']!;
    assert.deepEqual(entry['metadata'], {
      description: 'How to look things up',
      filename: 'research.md',
      source: 'canonical_repository',
      auto_seeded: true,
    });
    assert.equal(entry['expires_at'], '2025-11-19T09:30:00.123000');
    assert.equal(
      readFileSync(cache.path('.instructions_seeded.json'), 'utf8'),
      `{
  "version": 1,
  "seeded_at": "2025-11-12T09:30:00.123000+00:00",
  "results": {
    "presentation": true,
    "document_creation": true,
    "research": true,
    "web_development": true,
    "visualization": true,
    "extra": true
  }
}`,
    );
    const before = filesBelow(cache.workspace);
    const again = await runJson(`seed --library ${library} --yes`, { now: '2025-11-12T10:00:00' });
    assert.equal(again.code, 0);
    assert.deepEqual(
      again.effects.map(({ action }) => action),
      ['unchanged', 'unchanged'],
    );
    assert.deepEqual(filesBelow(cache.workspace), before);
  });

  it('asks before it seeds, and takes no terminal for a no', async () => {
    const before = filesBelow(cache.workspace);
    const refused = await run(`seed --library ${library}`);
    assert.equal(refused.code, 1);
    assert.match(refused.messages, /--yes/);
    assert.deepEqual(filesBelow(cache.workspace), before);
    assert.equal((await run(`seed --library ${library}`, { answer: true })).code, 0);
    assert.notDeepEqual(filesBelow(cache.workspace), before);
  });

  it('leaves alone what was changed in the sandbox, unless forced', async () => {
    await run(`seed --library ${library} --yes`);
    assert.equal((await run('verify --library ' + library)).code, 0);
    cache.write('instructions/instruction_research', 'changed by the agent');
    const verified = await run(`verify --library ${library} --json`);
    assert.equal(verified.code, 1);
    assert.match(verified.out, /"state": "changed"/);
    const flag = readFileSync(cache.path('.instructions_seeded.json'), 'utf8');
    const seeded = await runJson(`seed --library ${library} --yes`, { now: '2025-11-12T11:00:00' });
    assert.equal(seeded.code, 1);
    assert.deepEqual(drawn(seeded), [
      'unchanged instructions/instruction_extra skipped',
      'conflict instructions/instruction_research skipped',
    ]);
    assert.equal(readFileSync(cache.path('.instructions_seeded.json'), 'utf8'), flag);
    const forced = await runJson(`seed --library ${library} --yes --force`, { now: '2025-11-12T11:00:00' });
    assert.equal(forced.code, 0);
    assert.match(readFileSync(cache.path('instructions/instruction_research'), 'utf8'), /^---\nname: research/);
  });

  it('shows the difference to the file, between entries, and to a version', async () => {
    await run(`seed --library ${library} --yes`);
    const same = await run(`diff instructions instruction_research --library ${library}`);
    assert.deepEqual([same.code, same.out], [0, 'They are the same.\n']);
    writeFileSync(join(library, 'research.md'), '---\nname: research\n---\n# R\nmore\n');
    const differs = await run(`diff instructions/instruction_research --library ${library}`);
    assert.equal(differs.code, 1);
    assert.match(differs.out, /\+more/);
    const entries = await run('diff project/summary project architecture_notes --json');
    assert.equal(entries.code, 1);
    assert.deepEqual(Object.keys(JSON.parse(entries.out) as object), [
      'left',
      'right',
      'identical',
      'binary',
      'addedLines',
      'removedLines',
      'patch',
    ]);
    const version = await run('diff instructions/instruction_research --version 1');
    assert.match(version.out, /^\+# research/m);
    assert.equal((await run('diff nowhere/summary')).code, 2);
    assert.equal((await run('diff task/none project/summary')).code, 1);
  });

  it('invalidates one entry as the documentation shows it, and takes it back', async () => {
    const before = filesBelow(cache.workspace);
    const gone = await runJson('invalidate project summary --yes');
    assert.equal(gone.code, 0);
    assert.deepEqual(drawn(gone), ['delete project/summary done']);
    assert.ok(!('summary' in index('project')));
    const back = await runJson(`restore --operation ${gone.operationId!}`);
    assert.equal(back.code, 0);
    assert.deepEqual(filesBelow(cache.workspace), before);
    assert.equal((await runJson('restore --last')).code, 0);
    assert.ok(!('summary' in index('project')));
    assert.match((await run('operations')).out, /Undo: Undo: Invalidate 1 entry/);
  });

  it('takes a key as the caller gave it or as it is kept', async () => {
    const original = await runCommand(
      ['cache', 'invalidate', 'project', 'architecture notes', '--dry-run', '--json', '--source', cache.root],
      { env: { CONTEXT_CACHE_HOME: data } },
    );
    const kept = await runJson('invalidate project architecture_notes --dry-run');
    assert.deepEqual((JSON.parse(original.out) as PlanOutput).effects[0]?.id, 'project/architecture_notes');
    assert.deepEqual(kept.effects[0]?.id, 'project/architecture_notes');
  });

  it('refuses to invalidate everything by mistake, and unknown keys', async () => {
    const before = filesBelow(cache.workspace);
    assert.equal((await run('invalidate --yes')).code, 2);
    assert.equal((await run('invalidate nowhere --yes')).code, 2);
    const unknown = await run('invalidate task nothing --yes');
    assert.equal(unknown.code, 1);
    assert.match(unknown.messages, /nothing/);
    assert.deepEqual(filesBelow(cache.workspace), before);
  });

  it('prunes what has expired, and repairs what is wrong', async () => {
    assert.equal((await run('prune')).code, 1);
    const pruned = await runJson('prune --yes');
    assert.equal(pruned.effects.length, 9);
    assert.ok(pruned.effects.every(({ outcome }) => outcome === 'done'));
    const repaired = await runJson('repair --yes', { now: '2035-01-01T00:00:00' });
    assert.deepEqual(drawn(repaired), [
      'change-entry task/summary_09208a65-0f3e-4dd3-902b-938b8743feb6 done',
      'delete artifacts/analysis_result__1 done',
      'change-entry artifacts/tool_output_orphan_deadbeef done',
    ]);
    const health = await run('health --json', { now: '2025-11-12T09:30:00' });
    assert.doesNotMatch(health.out, /"id": "(orphan|missing|corrupt|size-mismatch|expired)"/);
    assert.deepEqual((await runJson('repair --yes')).effects, []);
  });

  it('rebuilds an index that was cut off from what is left of it and from the files', async () => {
    const whole = readFileSync(cache.path('task/_index.json'), 'utf8');
    cache.write('task/_index.json', whole.slice(0, 3000));
    assert.equal((await run('put task k -', { stdin: 'v' })).code, 1);
    const { effects, code } = await runJson('repair --yes --scope task');
    assert.equal(code, 0);
    assert.deepEqual(
      effects.map(({ id, action, outcome }) => `${action} ${id} ${outcome!}`),
      ['rebuild-index task/ done'],
    );
    const before = JSON.parse(whole) as Record<string, unknown>;
    const after = index('task');
    assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
    const [first] = Object.keys(before);
    assert.deepEqual(after[first!], before[first!]);
    await run('restore --last');
    assert.equal(readFileSync(cache.path('task/_index.json'), 'utf8'), whole.slice(0, 3000));
  });

  it('puts, labels, sets a lifetime, tags and bumps one entry', async () => {
    assert.equal((await run('put project note - --ttl 0.5 --tag a --metadata {"n":1.0}', { stdin: 'text' })).code, 0);
    assert.equal((await run('ttl project note 24')).code, 0);
    assert.equal((await run('tag project note b --remove a')).code, 0);
    assert.equal((await run('bump project note --yes')).code, 0);
    const note = index('project')['note']!;
    assert.equal(note['ttl_hours'], 24);
    assert.deepEqual(note['tags'], ['b']);
    assert.equal(note['version'], 2);
    assert.equal(note['expires_at'], '2025-11-12T09:30:00.122000');
    assert.equal(note['updated_at'], '2025-11-12T09:30:00.123000');
    assert.match(readFileSync(cache.path('project/_index.json'), 'utf8'), /"n": 1\.0/);
    assert.equal((await run('ttl project note 0')).code, 2);
    assert.equal((await run('ttl project note -3')).code, 2);
    assert.equal((await run('tag project note')).code, 2);
    assert.equal((await run('put task k missing-file')).code, 1);
    const bumped = await runJson('bump --seeded --before 3 --to 3 --yes');
    assert.equal(bumped.effects.length, 5);
    assert.equal(index('instructions')['instruction_research']!['version'], 3);
    assert.equal((await runJson('bump --seeded --before 3 --to 3 --yes')).effects.length, 0);
  });

  it('lists versions, labels and pins them, and restores one', async () => {
    await run('put project summary -', { stdin: 'second' });
    await run('put project summary -', { stdin: 'third' });
    const { out, code } = await run('versions project summary --number 1 --label first --pin --json');
    assert.equal(code, 0);
    const { versions } = JSON.parse(out) as { versions: readonly Record<string, unknown>[] };
    assert.deepEqual(
      versions.map(({ number, author, label, pinned, current, kept }) => [
        number,
        author,
        label,
        pinned,
        current,
        kept,
      ]),
      [
        [1, 'sandbox', 'first', true, false, true],
        [2, 'put', null, false, false, true],
        [3, 'put', null, false, true, true],
      ],
    );
    const expected = (index('project')['summary'] as { metadata: unknown }).metadata;
    assert.deepEqual(expected, {});
    assert.equal((await run('restore project summary 1')).code, 0);
    assert.deepEqual(index('project')['summary']!['metadata'], { phase: 2, tags: ['report', 'finance'] });
    assert.equal((await run('restore project summary')).code, 0);
    assert.equal(readFileSync(cache.path('project/summary'), 'utf8'), 'third');
    assert.equal((await run('restore project summary 99')).code, 1);
    assert.equal((await run('restore project')).code, 2);
    assert.equal((await run('restore --last --operation x')).code, 2);
    assert.equal((await run('versions project summary --label x')).code, 2);
  });

  it('copies a scope to another workspace and to another scope', async () => {
    const other = new TemporaryCache();
    try {
      const copied = await runJson(`copy project --to ${other.workspace} --yes`);
      assert.equal(copied.code, 0);
      assert.equal(
        readFileSync(other.path('project/_index.json'), 'utf8'),
        readFileSync(cache.path('project/_index.json'), 'utf8'),
      );
      const again = await runJson(`copy project --to ${other.workspace} --yes`);
      assert.ok(again.effects.every(({ action }) => action === 'unchanged'));
      other.put('project', 'summary', 'another');
      const conflict = await runJson(`copy project summary --to ${other.workspace} --yes`);
      assert.deepEqual([conflict.code, drawn(conflict)], [1, ['conflict project/summary skipped']]);
      assert.equal((await runJson(`copy project summary --to ${other.workspace} --yes --overwrite`)).code, 0);
      assert.equal((await runJson('copy project summary --to-scope system --yes')).code, 0);
      assert.equal(index('system')['summary']!['path'], '/workspace/.iris/kv-cache/system/summary');
      assert.equal((await run('copy project')).code, 2);
    } finally {
      other.dispose();
    }
  });

  it('exports a cache and imports it elsewhere', async () => {
    const file = cache.outside('cache.tar.gz');
    const exported = await run(`export ${file} --json`);
    assert.equal(exported.code, 0);
    assert.deepEqual(Object.keys(JSON.parse(exported.out) as object), [
      'source',
      'file',
      'files',
      'bytes',
      'archiveBytes',
    ]);
    assert.equal((await run(`export ${file}`)).code, 1);
    assert.equal((await run(`export ${file} --overwrite`)).code, 0);
    await run('invalidate project --yes');
    assert.deepEqual(drawn(await runJson(`import ${file} --scope project --yes`)), [
      'create project/summary done',
      'create project/architecture_notes done',
      'create project/decisions.json done',
    ]);
    assert.equal((await run(`import ${cache.path('project/summary')} --yes`)).code, 1);
  });

  it('takes what changed into the histories, and vacuums them', async () => {
    const first = await run('refresh --json');
    assert.equal(first.code, 0);
    assert.equal((JSON.parse(first.out) as { changed: unknown[] }).changed.length, 55);
    rmSync(cache.path('project'), { recursive: true });
    const { vanished } = JSON.parse((await run('refresh --json')).out) as { vanished: unknown[] };
    assert.deepEqual(vanished, ['project/summary', 'project/architecture_notes', 'project/decisions.json']);
    assert.equal((await run('restore project summary')).code, 0);
    const future = ['--now', '2099-01-01T00:00:00', '--json'];
    const vacuum = async (...args: string[]): Promise<CommandResult> =>
      runCommand(['cache', 'vacuum', ...args], { env: { CONTEXT_CACHE_HOME: data } });
    const plan = await vacuum('--older-than', '30', '--dry-run', ...future);
    assert.ok((JSON.parse(plan.out) as { contents: number }).contents > 50);
    assert.equal((await vacuum('--older-than', '30', ...future)).code, 1);
    const done = await vacuum('--older-than', '30', '--yes', ...future);
    const { contents, dropped } = JSON.parse(done.out) as { contents: number; dropped: number };
    assert.equal(dropped, contents);
    assert.equal((await vacuum()).code, 2);
    assert.equal((await run('restore project architecture_notes')).code, 1);
  });

  it('gives a workspace a cache by the first seeding, with the library that comes along', async () => {
    const place = cache.outside('fresh');
    mkdirSync(place);
    const seeded = await runCommand(['cache', 'seed', '--source', place, '--yes', '--json'], {
      env: { CONTEXT_CACHE_HOME: data },
    });
    assert.equal(seeded.code, 0, seeded.messages);
    const tags = (JSON.parse(seeded.out) as PlanOutput).effects.map(({ id }) => id.split('_').slice(1).join('_'));
    assert.deepEqual(tags.sort(), [
      'document_creation',
      'presentation',
      'research',
      'visualization',
      'web_development',
    ]);
    assert.equal((await runCommand(['cache', 'health', '--source', place])).code, 0);
  });

  it('prints plans and reports for people', async () => {
    const plan = await run(`seed --library ${library} --dry-run`);
    assert.match(plan.out, /^Seed 2 instructions into .*\n.*ACTION.*\n\+ +create +instructions\/instruction_extra/);
    const report = await run(`seed --library ${library} --yes`);
    assert.match(report.out, /: 2 done, 0 skipped, 0 failed\.\nTake it back with: cache restore --operation \S+\n$/);
    assert.match((await run('versions instructions instruction_research')).out, /^VERSION +SEEN/);
  });
});
