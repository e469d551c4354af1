import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { chatKey, startChatServer } from '../support/chatServer';
import type { ChatServer } from '../support/chatServer';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

describe('Summaries', () => {
  // Rows that are scrolled out of sight are not there.
  const window = useWorkbench({ workspace: 'sample-workspace', viewport: { width: 1600, height: 1800 } });
  let server: ChatServer;

  before(async () => {
    server = await startChatServer();
  });

  after(async () => {
    await server.stop();
  });

  it('are made by a chosen model after a yes, turn stale with their file, and are refreshed', async () => {
    await window().runCommand('Context Cache: Select Summary Model…');
    await window().quickPick.pick('OpenAI-compatible endpoint…');
    const answers = [
      [/base address of the endpoint/, server.address],
      [/name of the model/, 'tiny'],
      [/key of the endpoint/, chatKey],
    ] as const;
    for (const [asked, text] of answers) {
      await eventually(
        `${String(asked)} is asked`,
        async () => window().quickPick.message(),
        (message) => asked.test(message),
      );
      await window().quickPick.enter(text);
    }
    await window().waitForNotification(/Summaries are made by tiny at 127\.0\.0\.1/);
    await window().closeNotifications();

    await window().openFile('README.md');
    await window().runCommand('Context Cache: Summarize into Cache');
    const question = await window().dialogText();
    assert.match(question, /Send README\.md to tiny at 127\.0\.0\.1:\d+\?/);
    assert.match(question, /whole text of what is summed up is sent there/);
    await window().answerDialog('Send');
    await window().waitForNotification(/Summarized README\.md into sample-workspace: \d+ tokens became \d+/);
    await window().closeNotifications();
    const view = await window().openView('Sandbox Caches');
    await view.expandRow('sample-workspace', 'task');
    await view.waitForText(/summary_file_README\.md_[0-9a-f]+ {2}\d+ tokens/);

    await appendFile(path.join(window().workspaceFolder, 'README.md'), '\nOne more line.\n');
    await view.waitForText(/summary_file_README\.md_[0-9a-f]+ {2}stale/);
    await window().restPointer();
    await window().screenshot('summaries-stale');

    await window().runCommand('Context Cache: Refresh Stale Summaries…');
    const [item] = await window().quickPick.items();
    assert.deepEqual([item?.label, item?.checked], ['README.md', true]);
    await window().quickPick.accept();
    await window().waitForNotification(/Refreshed 1 of 1 summary of sample-workspace/);
    await view.waitForText(/summary_file_README\.md_[0-9a-f]+ {2}\d+ tokens/);
    assert.equal(server.requests.length, 2);
    await window().closeNotifications();
  });
});
