import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ContentVersion } from '../../../src/core/cache/history';
import type { ApplyReport } from '../../../src/core/cache/plan';
import { openSourceTree, parseSourceConfig } from '../../../src/core/sources/sourceConfig';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import { daytonaKey, startDaytonaServer } from '../../support/daytonaServer';
import type { DaytonaServer } from '../../support/daytonaServer';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace } from '../support/fixtures';
import { cacheFolder, contentsOf, entryUri, run } from '../support/sandbox';

/** A document of the sandbox that the tests add. */
function farUri(scope: string, key: string, name = 'far'): vscode.Uri {
  return vscode.Uri.from({ scheme: 'context-cache', path: `/${name}/${scope}/${key}` });
}

async function read(uri: vscode.Uri): Promise<string> {
  return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
}

async function names(): Promise<string[]> {
  const root = vscode.Uri.from({ scheme: 'context-cache', path: '/' });
  return (await vscode.workspace.fs.readDirectory(root)).map(([name]) => name);
}

function remotes(): readonly Record<string, unknown>[] | undefined {
  return vscode.workspace.getConfiguration('contextCache.sandboxes').inspect<Record<string, unknown>[]>('remotes')
    ?.globalValue;
}

async function setRemotes(value: readonly unknown[] | undefined): Promise<void> {
  await vscode.workspace
    .getConfiguration('contextCache.sandboxes')
    .update('remotes', value, vscode.ConfigurationTarget.Global);
}

describe('Sandboxes that are far away', () => {
  let answers: Answers;
  let folder: string;
  let root: string;
  /** A program that runs a shell, as long as the link is up. */
  let command: readonly string[];

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-far-'));
    root = path.join(folder, 'cache');
    await cp(cacheFolder(), root, { recursive: true });
    const link = path.join(folder, 'link.sh');
    await writeFile(link, `[ -e '${folder}/down' ] && { echo 'the link is down' >&2; exit 255; }\nexec "$@"\n`);
    command = ['sh', link];
    await run('refreshSandboxes');
  });

  afterEach(async () => {
    answers.restore();
    await setRemotes(undefined);
    await run('refreshSandboxes');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  async function add(name = 'far', place = root): Promise<void> {
    await setRemotes([...(remotes() ?? []), { name, kind: 'command', command, root: place }]);
    await run('refreshSandboxes');
  }

  const cut = async (): Promise<void> => writeFile(path.join(folder, 'down'), '');
  const mend = async (): Promise<void> => unlink(path.join(folder, 'down'));

  it('are tested before they are kept, and step by step one can go back', async () => {
    answers.next(
      { pick: 'Command' },
      { pick: 'Docker' },
      { back: true },
      { pick: 'Another Program' },
      { type: JSON.stringify(command) },
      { type: `${root}/` },
      { type: 'far' },
      { pick: 'Add' },
    );
    await run('addSandbox');
    const test = answers.asked.at(-1);
    assert.match(test?.placeHolder ?? '', /^27 entries, \d+ KiB$/);
    assert.deepEqual(remotes(), [{ name: 'far', kind: 'command', command, root: `${root}/` }]);
    assert.deepEqual(await names(), ['far', 'sample-workspace']);
    assert.equal(await read(farUri('project', 'summary')), await readFile(path.join(root, 'project/summary'), 'utf8'));
    answers.next({ pick: 'far' });
    await run('removeSandbox');
    assert.deepEqual([remotes(), await names()], [[], ['sample-workspace']]);
  });

  it('say why they can not be reached, and are kept only if one wants it', async () => {
    await cut();
    const asked = [{ pick: 'Command' }, { pick: 'Another Program' }, { type: JSON.stringify(command) }, { type: root }];
    answers.next(...asked, { type: 'far' }, { pick: 'Try Again' }, { pick: undefined });
    await run('addSandbox');
    const test = answers.asked.at(-1);
    assert.match(test?.placeHolder ?? '', /ended with exit code 255: the link is down/);
    assert.deepEqual(test?.offered, ['Try Again', 'Add Anyway']);
    assert.equal(remotes(), undefined);
    answers.next(...asked, { type: 'far' }, { pick: 'Add Anyway' });
    await run('addSandbox');
    await assert.rejects(read(farUri('project', 'summary')), /the link is down/);
    await mend();
    await run('refreshSandboxes');
    assert.match(await read(farUri('project', 'summary')), /./);
  });

  it('can be read when the link is down, and are not written: the reason is told', async () => {
    await add();
    const before = await contentsOf(root);
    const summary = await read(farUri('project', 'summary'));
    await cut();
    await run('refreshSandboxes');
    assert.equal(await read(farUri('project', 'summary')), summary);
    // A value that nobody had opened: the look at the cache took it along.
    assert.match(await read(farUri('instructions', 'instruction_research')), /Research/);
    answers.next({ pick: undefined });
    assert.ok(((await run('showVersions', farUri('project', 'summary'))) as readonly unknown[]).length > 0);
    await run('bumpVersion', farUri('project', 'summary'));
    await answers.toldOf(/far can not be changed now: .*the link is down/);
    assert.deepEqual(await contentsOf(root), before);
    await mend();
    await run('refreshSandboxes');
    await run('bumpVersion', farUri('project', 'summary'));
    await answers.toldOf(/Bumped the version of 1 entry/);
    assert.notDeepEqual(await contentsOf(root), before);
  });

  it('are shown as last seen by the next window, and when what was kept is damaged', async () => {
    await add();
    await cut();
    await setRemotes(undefined);
    await run('refreshSandboxes');
    await add();
    assert.match(await read(farUri('project', 'summary')), /./);
    const mirror = path.join(process.env['CONTEXT_CACHE_HOME'] ?? '', 'mirror');
    for (const name of await readdir(mirror)) {
      await writeFile(path.join(mirror, name), '{"format":1,');
    }
    await mend();
    await run('refreshSandboxes');
    assert.match(await read(farUri('project', 'summary')), /./);
  });

  it('are another place when their description changes under the same name', async () => {
    await add();
    const other = path.join(folder, 'other');
    await cp(root, other, { recursive: true });
    await writeFile(path.join(other, 'project', 'summary'), 'of the other place');
    assert.notEqual(await read(farUri('project', 'summary')), 'of the other place');
    await setRemotes([{ name: 'far', kind: 'command', command, root: other }]);
    await run('refreshSandboxes');
    assert.equal(await read(farUri('project', 'summary')), 'of the other place');
  });

  it('are not taken from a workspace, which must not name programs', async () => {
    const marker = path.join(folder, 'ran');
    const configuration = vscode.workspace.getConfiguration('contextCache.sandboxes');
    const evil = { name: 'evil', kind: 'command', command: ['touch', marker], root: '/cache' };
    await configuration.update('sources', [evil], vscode.ConfigurationTarget.Workspace);
    try {
      await run('refreshSandboxes');
      assert.deepEqual(await names(), ['sample-workspace']);
      await assert.rejects(
        Promise.resolve(configuration.update('remotes', [evil], vscode.ConfigurationTarget.Workspace)),
      );
      const settings = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, '.vscode', 'settings.json');
      const before = JSON.parse(await read(settings)) as object;
      const text = JSON.stringify({ ...before, 'contextCache.sandboxes.remotes': [evil] });
      await vscode.workspace.fs.writeFile(settings, Buffer.from(text));
      await run('refreshSandboxes');
      assert.deepEqual(await names(), ['sample-workspace']);
      await assert.rejects(readFile(marker), /ENOENT/);
    } finally {
      await configuration.update('sources', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('are compared with an earlier time, and with another sandbox, as one diff of many files', async () => {
    const description = { name: 'far', kind: 'command', command, root };
    const sourceId = openSourceTree(parseSourceConfig(description), {
      daytonaKey: async () => Promise.resolve(undefined),
    }).id;
    const anHourAgo = new VersionStore(path.join(process.env['CONTEXT_CACHE_HOME'] ?? '', 'versions'), {
      clock: { now: () => Date.now() - 3_600_000 },
    });
    const earlier = Buffer.from('an hour ago');
    const sha256 = await anHourAgo.keep(earlier);
    const content = { fingerprint: sha256.slice(0, 16), sizeBytes: earlier.byteLength, sha256 };
    await anHourAgo.record(sourceId, [
      { scope: 'project', key: 'summary', author: 'sandbox', content },
      { scope: 'project', key: 'gone_since', author: 'sandbox', content },
    ]);
    await add();
    answers.next({ pick: '1 h ago' });
    const changed = (await run('compareWithEarlier', farUri('project', 'summary'))) as readonly string[];
    const now = Object.keys(JSON.parse(await readFile(path.join(root, 'project', '_index.json'), 'utf8')) as object);
    assert.deepEqual([...changed].sort(), [...now, 'gone_since'].map((key) => `/far/project/${key}`).sort());
    const label = (): string | undefined => vscode.window.tabGroups.activeTabGroup.activeTab?.label;
    assert.match(label() ?? '', /^far\/project: 1 h ago ↔ now/);

    answers.next({ pick: 'sample-workspace' });
    assert.deepEqual(await run('compareWithSandbox', farUri('project', 'summary')), []);
    await answers.toldOf(/^project: far ↔ sample-workspace: the values are the same/);
    await unlink(path.join(root, 'project', 'summary'));
    await run('refreshSandboxes');
    answers.next({ pick: 'sample-workspace' });
    assert.deepEqual(await run('compareWithSandbox', farUri('project', now.find((key) => key !== 'summary') ?? '')), [
      '/sample-workspace/project/summary',
    ]);
    assert.match(label() ?? '', /^project: far ↔ sample-workspace/);
  });

  it('are copied to, exported and imported', async () => {
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    await add();
    await add('fresh', empty);
    const archive = vscode.Uri.file(path.join(folder, 'far.tar.gz'));
    answers.next({ pick: 'far' }, { save: archive });
    await run('exportCache');
    await answers.toldOf(/^Exported \d+ files of far/);

    answers.next({ pick: 'fresh' }, { tick: 'as offered' });
    const copied = (await run('copyEntries', farUri('instructions', 'instruction_research'))) as ApplyReport;
    assert.equal(copied.results.length, 1);
    await answers.toldOf(/^Copied 1 entry to fresh/);
    const value = 'instructions/instruction_research';
    assert.deepEqual((await contentsOf(empty))[value], (await contentsOf(root))[value]);

    answers.next({ pick: 'fresh' }, { open: archive }, { tick: 'as offered' });
    const imported = (await run('importCache')) as ApplyReport;
    assert.ok(imported.results.length > 15);
    assert.equal(await read(farUri('project', 'summary', 'fresh')), await read(farUri('project', 'summary')));
    answers.next({ pick: 'fresh' }, { open: entryUri('project', 'summary') });
    await run('importCache');
    await answers.toldOf(/can't be imported/);
  });

  it('have versions that can be named, pinned and saved', async () => {
    await add();
    const uri = farUri('project', 'summary');
    const versions = async (): Promise<readonly ContentVersion[]> => {
      answers.next({ pick: undefined });
      return (await run('showVersions', uri)) as readonly ContentVersion[];
    };
    const { number } = (await versions())[0]!;
    answers.next({ pick: `Version ${number}` }, { type: 'before the talk' });
    await run('labelVersion', uri);
    answers.next({ pick: `Version ${number} — before the talk` });
    await run('pinVersion', uri);
    await answers.toldOf(/^Version \d+ of summary is pinned/);
    assert.deepEqual(
      (await versions()).slice(0, 1).map(({ label, pinned }) => ({ label, pinned })),
      [{ label: 'before the talk', pinned: true }],
    );
    const file = path.join(folder, 'saved.md');
    answers.next({ pick: /before the talk/ }, { save: vscode.Uri.file(file) });
    await run('saveVersion', uri);
    assert.deepEqual(await readFile(file), await readFile(path.join(root, 'project', 'summary')));
    answers.next({ pick: /before the talk/ }, { type: '' }, { pick: `Version ${number}` });
    await run('labelVersion', uri);
    await run('pinVersion', uri);
    await answers.toldOf(/^Version \d+ of summary is no longer pinned/);
  });

  it('leave contents that can be vacuumed: what goes is said first', async () => {
    await add();
    answers.next({ pick: 'By Size…' }, { type: '0' }, { say: false });
    assert.equal(await run('vacuumVersions'), undefined);
    answers.next({ pick: 'By Size…' }, { type: '0' }, { say: true });
    const { dropped } = (await run('vacuumVersions')) as { readonly dropped: number };
    assert.ok(dropped > 0);
    await run('refreshSandboxes');
    assert.match(await read(farUri('project', 'summary')), /./);
  });

  describe('in Daytona', () => {
    let server: DaytonaServer;

    beforeEach(async () => {
      server = await startDaytonaServer();
      server.states.set('one', 'started').set('two', 'stopped').set('three', 'started');
    });

    afterEach(async () => {
      await server.stop();
    });

    it('are picked with their state, started only when asked, and their key is kept as a secret', async () => {
      answers.next(
        { pick: 'Daytona' },
        { type: server.apiUrl },
        { type: 'wrong-key' },
        { type: daytonaKey },
        { pick: 'name of two' },
        { type: root },
        { type: 'far' },
        { pick: 'Add Anyway' },
      );
      await run('addSandbox');
      const test = answers.asked.at(-1);
      assert.match(test?.placeHolder ?? '', /asleep \(stopped\)/);
      assert.deepEqual(test?.offered, ['Start Sandbox and Look Again…', 'Try Again', 'Add Anyway']);
      assert.deepEqual(remotes(), [{ name: 'far', kind: 'daytona', apiUrl: server.apiUrl, sandboxId: 'two', root }]);
      assert.doesNotMatch(JSON.stringify(vscode.workspace.getConfiguration('contextCache')), /dtn_/);
      await assert.rejects(read(farUri('project', 'summary')), /asleep/);
      assert.equal(server.states.get('two'), 'stopped');

      answers.next({ pick: 'far' }, { say: false }, { pick: 'far' }, { say: true });
      await run('startSandbox');
      assert.equal(server.states.get('two'), 'stopped');
      await run('startSandbox');
      assert.equal(server.states.get('two'), 'started');
      assert.match(await read(farUri('project', 'summary')), /./);

      // Asleep again, it is shown as it was last seen; nothing wakes it.
      server.states.set('two', 'stopped');
      await run('refreshSandboxes');
      assert.match(await read(farUri('project', 'summary')), /./);
      assert.equal(server.states.get('two'), 'stopped');

      await run('removeSandboxKey');
      await answers.toldOf(/^The key for .* is removed/);
      await run('refreshSandboxes');
      await run('bumpVersion', farUri('project', 'summary'));
      await answers.toldOf(/There is no key for Daytona/);
    });
  });

  it('are reached through the HTTP API, with a key that is kept as a secret', async () => {
    const server = await startOriginalApi(root);
    try {
      const key = (text: string) => ({ type: text });
      const asked = [{ pick: 'HTTP API' }, { type: server.url }, { pick: 'API key' }];
      answers.next(...asked, key('wrong'), { type: 'far' }, { back: true }, { back: true });
      answers.next(key(originalKey), { type: 'far' }, { pick: 'Add' });
      await run('addSandbox');
      assert.deepEqual(remotes(), [{ name: 'far', kind: 'http', url: server.url, keyHeader: 'x-api-key' }]);
      assert.equal(
        await read(farUri('project', 'summary')),
        await readFile(path.join(root, 'project', 'summary'), 'utf8'),
      );
      await run('refreshSandboxes');
      await server.stop();
      await run('refreshSandboxes');
      assert.match(await read(farUri('project', 'summary')), /./);
    } finally {
      await server.stop();
      await run('removeSandboxKey');
    }
  });
});
