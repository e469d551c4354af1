import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { run, tracesOf } from '../support/sandbox';

const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('contextCache.localCaches');

describe('Local caches of an untrusted workspace', () => {
  let answers: Answers;
  let folder: string;

  beforeEach(async () => {
    answers = await answerPrompts();
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-local-'));
    await writeFile(path.join(folder, `jit_f-${'0'.repeat(64)}-cache`), 'x');
    await settings().update(
      'places',
      [
        { name: 'near', path: folder },
        { name: 'far', kind: 'command', command: ['touch', path.join(folder, 'ran')], root: '/x' },
      ],
      vscode.ConfigurationTarget.Global,
    );
    await run('refreshLocalCaches');
  });

  afterEach(async () => {
    answers.restore();
    await settings().update('places', undefined, vscode.ConfigurationTarget.Global);
    await run('refreshLocalCaches');
    await rm(folder, { recursive: true, force: true });
  });

  it('can be read, and no program is run for them', async () => {
    const before = await tracesOf(folder);
    answers.next({ pick: 'JAX compilations of near' }, { pick: /^jit_f/ });
    assert.match((await run('inspectLayerEntry')) as string, /\| Function \| jit_f \|/);
    assert.deepEqual(await tracesOf(folder), before);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  for (const command of [
    'addLocalCache',
    'removeLocalCache',
    'clearLayer',
    'vacuumLayer',
    'importLayer',
    'syncLayer',
    'undoLayerChange',
  ]) {
    it(`are not changed by ${command}`, async () => {
      const before = await tracesOf(folder);
      await run(command);
      assert.match(answers.told[0] ?? '', /off in an untrusted workspace/);
      assert.deepEqual(await tracesOf(folder), before);
      assert.equal(settings().get<readonly unknown[]>('places')?.length, 2);
    });
  }
});
