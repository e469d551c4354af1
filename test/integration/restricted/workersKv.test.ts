import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { startCloudKvServer } from '../../support/cloudKvServer';
import { answerPrompts } from '../support/answers';
import { run } from '../support/sandbox';

describe('Workers KV in an untrusted workspace', () => {
  it('is asked for nothing, and changed by nothing', async () => {
    const answers = await answerPrompts();
    const cloud = await startCloudKvServer();
    const settings = vscode.workspace.getConfiguration('contextCache.workersKv');
    try {
      await settings.update(
        'namespaces',
        [{ namespace: 'entries', baseUrl: cloud.baseUrl }],
        vscode.ConfigurationTarget.Global,
      );
      for (const command of ['addKvNamespace', 'bumpKvVersion', 'purgeKvEntries', 'pruneKvEntries', 'resumeKvPurge']) {
        await run(command);
        await answers.toldOf(/off in an untrusted workspace/);
      }
      await run('showKvFindings');
      await answers.toldOf(/No namespace of Workers KV is known/);
      await run('refreshSandboxes');
      assert.deepEqual(cloud.requests, []);
    } finally {
      await settings.update('namespaces', undefined, vscode.ConfigurationTarget.Global);
      await cloud.stop();
      answers.restore();
    }
  });
});
