import assert from 'node:assert/strict';
import { cp, mkdtemp, realpath, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { testEnvironment } from '../support/environment';
import { run, tracesOf } from '../support/sandbox';

const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('contextCache.localCaches');
const named = (): unknown => settings().inspect('places')?.globalValue;

describe('Places of local caches', () => {
  let answers: Answers;
  let home: string;
  let empty: string;

  beforeEach(async () => {
    answers = await answerPrompts();
    home = await realpath(await mkdtemp(path.join(tmpdir(), 'context-cache-place-')));
    empty = await realpath(await mkdtemp(path.join(tmpdir(), 'context-cache-empty-')));
    const golden = path.join(testEnvironment().projectRoot, 'test', 'fixtures', 'golden', 'phasic');
    await cp(path.join(golden, 'dot-phasic_cache'), path.join(home, '.phasic_cache'), { recursive: true });
    await cp(path.join(golden, 'dot-jax_cache'), path.join(home, '.jax_cache'), { recursive: true });
    await writeFile(path.join(empty, 'notes.txt'), 'x');
  });

  afterEach(async () => {
    answers.restore();
    await settings().update('places', undefined, vscode.ConfigurationTarget.Global);
    await run('refreshLocalCaches');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(home, { recursive: true, force: true });
    await rm(empty, { recursive: true, force: true });
  });

  /** The layers that commands offer. */
  async function offered(): Promise<readonly string[]> {
    answers.next({ pick: undefined });
    await run('compareLayers');
    return answers.asked.at(-1)!.offered;
  }

  it('say what was recognised before they are kept in the own settings, and go away again with Undo', async () => {
    const before = await tracesOf(home);
    answers.next(
      { pick: 'Folder' },
      { open: undefined }, // A dialog given up leads to the step before.
      { pick: 'Folder' },
      { open: vscode.Uri.file(home) },
      { pick: 'Show What Is in It' },
      { pick: 'Add' },
      { type: 'scratch' },
    );
    await run('addLocalCache');
    const looks = answers.asked.filter(({ text }) => text === `Add Local Cache: ${home}`);
    assert.equal(looks.length, 2);
    assert.match(looks[0]!.placeHolder ?? '', /^Traces: 3 traces · .*; JAX compilations: 12 compilations · /);
    assert.deepEqual(looks[0]!.offered, ['Add', 'Add Every File', 'Show What Is in It']);
    assert.deepEqual(looks[0]!.details?.[0], 'What was recognised: 2 layers');
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.path === '/Local Cache.md')?.getText() ?? '';
    assert.match(document, /\| Traces \| \.phasic\S+traces \| 3 \|/);
    assert.match(document, /^- 5b0503520ba8ccdf[0-9a-f]+\.json /m);
    assert.deepEqual(named(), [{ name: 'scratch', path: home }]);
    assert.deepEqual(await offered(), ['Traces of scratch', 'JAX compilations of scratch']);
    assert.deepEqual(await tracesOf(home), before);
    assert.equal(settings().inspect('places')?.workspaceValue, undefined);

    answers.next({ pick: 'scratch' });
    answers.press('Undo');
    await run('removeLocalCache');
    await answers.toldOf(/scratch is no longer shown\. Its files were not touched/);
    await until(() => JSON.stringify(named()) === JSON.stringify([{ name: 'scratch', path: home }]));
    assert.deepEqual(await tracesOf(home), before);
  });

  it('are taken back right after they were added', async () => {
    answers.next({ pick: 'Folder' }, { open: vscode.Uri.file(home) }, { pick: 'Add' }, { type: 'scratch' });
    answers.press('Undo');
    await run('addLocalCache');
    await answers.toldOf(/scratch is shown beside the sandboxes/);
    await until(() => JSON.stringify(named()) === '[]');
  });

  it('without known names become plain ones, or wait for such names', async () => {
    const start = [{ pick: 'Folder' }, { open: vscode.Uri.file(empty) }];
    answers.next(...start, { pick: undefined });
    await run('addLocalCache');
    assert.equal(answers.asked.at(-1)?.placeHolder, 'Nothing in it has a name of a known cache: 1 file and 0 folders');
    assert.equal(named(), undefined);
    answers.next(...start, { pick: 'Add Every File' }, { back: true }, { pick: 'Add Anyway' }, { type: 'later' });
    await run('addLocalCache');
    assert.deepEqual(named(), [{ name: 'later', path: empty }]);
    answers.next({ pick: 'later' });
    await run('removeLocalCache');
    answers.next(...start, { pick: 'Add Every File' }, { type: 'files' });
    await run('addLocalCache');
    assert.deepEqual(named(), [{ name: 'files', path: empty, layout: 'plain' }]);
    assert.deepEqual(await offered(), ['Files of files']);
  });

  it('that are shown already are not added twice', async () => {
    answers.next({ pick: 'Folder' }, { open: vscode.Uri.file(home) }, { pick: 'Add' }, { type: 'scratch' });
    await run('addLocalCache');
    answers.next({ pick: 'Folder' }, { open: vscode.Uri.file(home) });
    await run('addLocalCache');
    await answers.toldOf(/is shown already, as scratch\. Choose another folder/);
    assert.deepEqual(named(), [{ name: 'scratch', path: home }]);
  });

  it('behind a program are tested before they are kept', async () => {
    const link = path.join(empty, 'link.sh');
    const down = path.join(empty, 'down');
    await writeFile(link, `[ -e '${down}' ] && { echo 'the link is down' >&2; exit 255; }\nexec "$@"\n`);
    await writeFile(down, '');
    const command = ['sh', link];
    const start = [{ pick: 'Command' }, { pick: 'Another Program' }, { type: JSON.stringify(command) }, { type: home }];
    answers.next(...start, { pick: 'Try Again' }, { pick: undefined });
    await run('addLocalCache');
    assert.match(answers.asked.at(-1)?.placeHolder ?? '', /the link is down/);
    assert.deepEqual(answers.asked.at(-1)?.offered, ['Try Again', 'Add Anyway']);
    assert.equal(named(), undefined);
    await unlink(down);
    answers.next(...start, { pick: 'Add' }, { type: 'box' });
    await run('addLocalCache');
    assert.deepEqual(named(), [{ name: 'box', kind: 'command', command, root: home }]);
    assert.deepEqual(await offered(), ['Traces of box', 'JAX compilations of box']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, 'The settings did not become what they should be.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
