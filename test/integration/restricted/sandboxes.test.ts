import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { cacheFolder, entryUri, readCacheFile, run, tracesOf } from '../support/sandbox';

const changing = [
  'seedInstructions',
  'invalidateEntries',
  'bumpVersion',
  'restoreVersion',
  'pruneExpired',
  'repairIndex',
  'setTimeToLive',
  'editTags',
  'undoLastChange',
  'addSandbox',
  'removeSandbox',
  'startSandbox',
  'copyEntries',
  'exportCache',
  'importCache',
  'vacuumVersions',
  'summarize',
  'summarizeSelection',
  'summarizeProject',
  'refreshSummaries',
  'invalidateSummaries',
  'saveVersion',
];

describe('Sandboxes of an untrusted workspace', () => {
  let answers: Answers;

  beforeEach(async () => {
    answers = await answerPrompts();
  });

  afterEach(() => {
    answers.restore();
  });

  it('can be read', async () => {
    const uri = entryUri('project', 'summary');
    const text = Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
    assert.equal(text, await readCacheFile('project/summary'));
    answers.next({ pick: undefined });
    assert.ok(((await run('showHealth')) as readonly unknown[]).length > 0);
  });

  it('are not shown where they are on other machines, nor are programs run for them', async () => {
    const ran = path.join(await mkdtemp(path.join(tmpdir(), 'context-cache-untrusted-')), 'ran');
    const configuration = vscode.workspace.getConfiguration('contextCache.sandboxes');
    const remote = { name: 'far', kind: 'command', command: ['touch', ran], root: '/cache' };
    try {
      await configuration.update('remotes', [remote], vscode.ConfigurationTarget.Global);
      await run('refreshSandboxes');
      const root = vscode.Uri.from({ scheme: 'context-cache', path: '/' });
      assert.deepEqual(
        (await vscode.workspace.fs.readDirectory(root)).map(([name]) => name),
        ['sample-workspace'],
      );
      assert.ok(!existsSync(ran));
    } finally {
      await configuration.update('remotes', undefined, vscode.ConfigurationTarget.Global);
      await rm(path.dirname(ran), { recursive: true, force: true });
    }
  });

  for (const command of changing) {
    it(`are not changed by ${command}`, async () => {
      const before = await tracesOf(cacheFolder());
      await run(command, entryUri('instructions', 'instruction_research'));
      assert.deepEqual(
        answers.asked.map(({ kind }) => kind),
        ['tell'],
      );
      assert.match(answers.told[0] ?? '', /off in an untrusted workspace/);
      assert.deepEqual(await tracesOf(cacheFolder()), before);
    });
  }
});
