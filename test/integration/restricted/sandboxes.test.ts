import assert from 'node:assert/strict';
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
