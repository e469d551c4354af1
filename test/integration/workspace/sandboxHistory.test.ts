import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ContentVersion } from '../../../src/core/cache/history';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace } from '../support/fixtures';
import { cacheFolder, entryUri, readIndex, run } from '../support/sandbox';

const key = 'summary';
const uri = (): vscode.Uri => entryUri('project', key);

describe('The history of a folder in the workspace', function () {
  this.timeout(90_000);
  let answers: Answers;
  let versionsFolder: string;
  let sourceId: string;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    versionsFolder = path.join(process.env['CONTEXT_CACHE_HOME']!, 'versions');
    sourceId = `folder:${cacheFolder()}`;
    await rm(versionsFolder, { recursive: true, force: true });
    answers = await answerPrompts();
    await run('refreshSandboxes');
    await untilKept((texts) => texts.length === 1 && texts[0] !== undefined);
  });

  afterEach(async () => {
    answers.restore();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  /**
   * As an agent in the sandbox does it. Then somebody looks: the editor's watcher may be asleep for seconds after the
   * folder was replaced, and that it tells of changes is another test's matter.
   */
  async function putFromOutside(text: string): Promise<void> {
    const index = await readIndex('project');
    const fingerprint = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const entry = { ...index[key], fingerprint, size_bytes: Buffer.byteLength(text) };
    await writeFile(path.join(cacheFolder(), 'project', key), text);
    await writeFile(
      path.join(cacheFolder(), 'project', '_index.json'),
      JSON.stringify({ ...index, [key]: entry }, null, 2),
    );
    await run('refreshSandboxes');
  }

  async function removeFromOutside(): Promise<void> {
    const { [key]: gone, ...rest } = await readIndex('project');
    assert.ok(gone !== undefined);
    await writeFile(path.join(cacheFolder(), 'project', '_index.json'), JSON.stringify(rest, null, 2));
    await unlink(path.join(cacheFolder(), 'project', key));
    await run('refreshSandboxes');
  }

  /** The contents that are kept of the key, read as another process would; undefined where nothing is. */
  async function kept(): Promise<readonly (string | undefined)[]> {
    const store = new VersionStore(versionsFolder);
    const versions = await store.versions({ sourceId, scope: 'project', key });
    return Promise.all(
      versions.map(async ({ content }) => {
        const bytes = content?.sha256 === undefined ? undefined : await store.content(content.sha256);
        return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
      }),
    );
  }

  async function untilKept(accept: (texts: readonly (string | undefined)[]) => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (let texts = await kept(); !accept(texts); texts = await kept()) {
      assert.ok(Date.now() < deadline, `Kept are ${JSON.stringify(texts)}.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('has what was seen of an entry that nobody opened, and of one that is gone', async () => {
    const [original] = await kept();
    await putFromOutside('once');
    await untilKept((texts) => texts.at(-1) === 'once');
    await putFromOutside('twice');
    await untilKept((texts) => texts.at(-1) === 'twice');
    answers.next({ pick: /^Version 1$/ });
    const versions = (await run('showVersions', uri())) as readonly ContentVersion[];
    assert.deepEqual(
      versions.map(({ number, author }) => [number, author]),
      [
        [3, 'sandbox'],
        [2, 'sandbox'],
        [1, 'sandbox'],
      ],
    );
    await vscode.window.tabGroups.close(vscode.window.tabGroups.activeTabGroup.tabs);
    await removeFromOutside();
    await untilKept((texts) => texts.length === 4);
    assert.deepEqual(await kept(), [original, 'once', 'twice', undefined]);
  });

  it('is compared with an earlier time, as a whole and by scope', async () => {
    const anHourAgo = new VersionStore(versionsFolder, { clock: { now: () => Date.now() - 3_600_000 } });
    const sha256 = await anHourAgo.keep(Buffer.from('an hour ago'));
    const content = { fingerprint: sha256.slice(0, 16), sizeBytes: 11, sha256 };
    await anHourAgo.record(sourceId, [
      { scope: 'project', key: 'gone_since', author: 'sandbox', content },
      { scope: 'task', key: 'gone_too', author: 'sandbox', content },
    ]);
    await putFromOutside('changed');
    await untilKept((texts) => texts.at(-1) === 'changed');
    answers.next({ pick: '1 h ago' }, { pick: '1 h ago' });
    const inScope = (await run('compareWithEarlier', uri())) as readonly string[];
    const sandbox = path.basename(path.dirname(path.dirname(cacheFolder())));
    assert.ok(inScope.includes(`/${sandbox}/project/gone_since`), inScope.join());
    assert.ok(inScope.every((one) => one.startsWith(`/${sandbox}/project/`)));
    assert.match(vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? '', /\/project: 1 h ago ↔ now/);
    const whole = (await run('compareWithEarlier')) as readonly string[];
    assert.ok(whole.includes(`/${sandbox}/task/gone_too`) && whole.length > inScope.length, whole.join());
  });
});
