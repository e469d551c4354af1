import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

describe('Agents in the editor', () => {
  const window = useWorkbench({ workspace: 'sample-workspace' });
  const settings = (): string => path.join(window().workspaceFolder, '.mcp.json');
  const exists = async (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );

  it('writes the settings of the agents that are ticked, after the difference and a yes, and takes them back', async () => {
    await window().runCommand('Context Cache: Connect Agents…');
    await window().quickPick.pickMany(['Claude Code', 'Cursor']);
    assert.match(await window().dialogText(), /Write 3 files to connect Claude Code, Cursor\?/);
    // Files further down are drawn when they are scrolled into sight.
    const [first] = await window().editors.multiDiffFiles();
    assert.match(first ?? '', /mcp/);
    await window().screenshot('connect-agents');
    await window().answerDialog('Write');
    await window().waitForNotification(/Connected Claude Code, Cursor/);
    const { mcpServers } = JSON.parse(await readFile(settings(), 'utf8')) as { mcpServers: Record<string, unknown> };
    assert.deepEqual(Object.keys(mcpServers), ['context-cache']);
    await window().answerNotification(/Connected Claude Code, Cursor/, 'Undo');
    await eventually(
      'the settings are gone again',
      async () => exists(settings()),
      (there) => !there,
    );
  });
});
