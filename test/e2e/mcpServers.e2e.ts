import assert from 'node:assert/strict';
import { agentTools } from '../../src/agent/tools/table';
import { eventually } from './support/eventually';
import type { QuickPickItem } from './support/quickPick';
import { useWorkbench } from './support/useWorkbench';

const list = 'MCP: List Servers';

describe("The editor's list of MCP servers", () => {
  // Windows of the tests hide what belongs to the editor's own chat, this list included.
  const window = useWorkbench({ workspace: 'sample-workspace', settings: { 'chat.disableAIFeatures': false } });

  /** The row of our server, as soon as it is in this state. */
  async function rowOfServer(state: string): Promise<QuickPickItem> {
    const rows = await eventually(
      `Context Cache is listed as ${state}`,
      async () => {
        await window().runCommand(list);
        const items = await window().quickPick.items();
        await window().quickPick.cancel();
        return items;
      },
      (items) => items.some(({ label, description }) => label === 'Context Cache' && description === state),
    );
    return rows.find(({ label }) => label === 'Context Cache')!;
  }

  it('has ours, starts it, and stops it', async () => {
    await rowOfServer('Stopped');
    await window().runCommand(list);
    await window().quickPick.pick('Context Cache');
    await window().quickPick.pick('Start Server');
    // The editor shows what it did with the server, and takes the focus for that.
    const output = window().page.locator('.part.panel .view-lines');
    await eventually(
      'the editor has found the tools of the server',
      async () => (await output.allInnerTexts()).join().replace(/\s/g, ' '),
      (text) => text.includes(`Discovered ${agentTools.length} tools`),
    );
    await rowOfServer('Running');
    await window().runCommand(list);
    await window().screenshot('mcp-servers');
    await window().quickPick.pick('Context Cache');
    const offered = await eventually(
      'the server can be stopped',
      async () => window().quickPick.labels(),
      (labels) => labels.includes('Stop Server'),
    );
    assert.ok(!offered.includes('Start Server'), offered.join());
    await window().quickPick.pick('Stop Server');
    await rowOfServer('Stopped');
  });
});
