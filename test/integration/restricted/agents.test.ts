import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { cacheFolder, tracesOf } from '../support/sandbox';

async function invoke(tool: string, input: object): Promise<Record<string, unknown>> {
  const result = await vscode.lm.invokeTool(`context_cache_${tool}`, { input, toolInvocationToken: undefined });
  const [part] = result.content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value) as Record<string, unknown>;
}

describe('Agents in an untrusted workspace', () => {
  it('read through the tools, and store nothing', async () => {
    const before = await tracesOf(cacheFolder());
    assert.equal((await invoke('get_instruction', { tag: 'research' }))['success'], true);
    await assert.rejects(
      invoke('put_artifact', { key: 'k', value: 'x' }),
      /Put artifact is off in an untrusted workspace.*Trust the workspace/s,
    );
    assert.deepEqual(await tracesOf(cacheFolder()), before);
  });
});
