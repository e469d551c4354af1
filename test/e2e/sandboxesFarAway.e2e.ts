import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../support/places';
import { startSlowProxy } from '../support/slowProxy';
import type { SlowProxy } from '../support/slowProxy';
import { startSshServer } from '../support/sshServer';
import type { SshServer } from '../support/sshServer';
import { eventually } from './support/eventually';
import type { QuickPickItem } from './support/quickPick';
import { useWorkbench } from './support/useWorkbench';

const viewTitle = 'Sandbox Caches';
const source = path.join(projectRoot, 'instructions', 'research.md');

describe('A sandbox over SSH, until the plug is pulled', () => {
  const window = useWorkbench({
    workspace: 'sample-workspace',
    viewport: { width: 1500, height: 1600 },
    settings: { 'contextCache.sandboxes.detect': false },
  });
  let server: SshServer;
  let link: SlowProxy;
  let folder: string;
  let root: string;

  before(async function () {
    this.timeout(900_000); // sshd may have to be installed.
    server = await startSshServer();
    link = await startSlowProxy(server.port, 0);
    const config = server.configure('through-the-link', [
      `Port ${link.port}`,
      `HostKeyAlias [127.0.0.1]:${server.port}`,
    ]);
    await writeFile(this.testHost.sshConfigFile, await readFile(config));
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-ssh-'));
    root = path.join(folder, 'cache');
    await cp(path.join(window().workspaceFolder, '.iris', 'kv-cache'), root, { recursive: true });
  });

  after(async () => {
    await link.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Answers an input box once it is the one that says this. */
  async function answerInput(prompt: RegExp, text: string): Promise<void> {
    await window().quickPick.waitForOpen();
    await eventually(
      `an input box asks ${String(prompt)}`,
      async () => window().quickPick.message(),
      (message) => prompt.test(message),
    );
    await window().quickPick.enter(text);
  }

  /** What a quick pick offers, once one of its rows is like this. */
  async function offered(accept: (item: QuickPickItem) => boolean): Promise<readonly QuickPickItem[]> {
    return eventually(
      'the row is offered',
      async () => window().quickPick.items(),
      (items) => items.some(accept),
    );
  }

  const research = (): string => path.join(root, 'instructions', 'instruction_research');

  it('is not added when the look at it is cancelled: its process ends, and nothing is kept', async () => {
    const file = path.join(folder, 'process');
    const neverAnswers = ['sh', '-c', `echo $$ > '${file}'; exec sleep 3600`];
    const view = await window().openView(viewTitle);
    await window().runCommand('Context Cache: Add Sandbox…');
    await window().quickPick.pick('Command');
    await window().quickPick.pick('Another Program');
    await answerInput(/program and its arguments as a JSON array/, JSON.stringify(neverAnswers));
    await answerInput(/Absolute path of the kv-cache folder/, root);
    await answerInput(/called in the view/, 'quiet');
    const pid = await eventually(
      'the program runs',
      async () => Number(await readFile(file, 'utf8').catch(() => '')),
      (number) => number > 0,
    );
    await window().answerNotification(/Connecting to/, 'Cancel');
    await offered(({ label, detail }) => label === 'Try Again' && detail.includes('Cancelled before'));
    await eventually(
      'the program has ended',
      async () => Promise.resolve(isRunning(pid)),
      (runs) => !runs,
    );
    await window().quickPick.cancel();
    assert.match(await view.welcomeText(), /Add Sandbox/);
    assert.doesNotMatch(await view.text(), /quiet/);
  });

  it('is added after a look at it, which says what is there', async () => {
    await window().openView(viewTitle);
    await window().runCommand('Context Cache: Add Sandbox…');
    await window().quickPick.pick('SSH');
    await answerInput(/alias of your SSH configuration/, 'loopback');
    await answerInput(/Absolute path of the kv-cache folder/, root);
    await answerInput(/called in the view/, 'far');
    await offered(({ label, detail }) => label === 'Add' && detail.includes('Connected: 27 entries'));
    await window().screenshot('ssh-add');
    await window().quickPick.pick('Add');
    const view = await window().openView(viewTitle);
    await view.waitForText((text) => text.includes('far  last seen just now · 27 entries'));
    await view.expandRow('far', 'instructions');
    await view.waitForText(/instruction_research {2}stale/);
  });

  it('is seeded', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('far', 'Seed Instructions…');
    await window().editors.waitForTab(/Seed 7 instructions into far/);
    await offered(({ label, checked }) => label === 'instruction_report_style' && checked === true);
    await window().quickPick.accept();
    await window().waitForNotification('Seeded 3 instructions into far.');
    await view.waitForText(
      (text) => text.includes('instruction_report_style') && !/instruction_research {2}stale/.test(text),
    );
    assert.deepEqual(await readFile(research()), await readFile(source));
    await window().closeNotifications();
  });

  it('shows what the agent changed, as a conflict that seeding leaves alone', async () => {
    const bytes = Buffer.from('# Research\n\nChanged by the agent.\n');
    const indexFile = path.join(root, 'instructions', '_index.json');
    const index = JSON.parse(await readFile(indexFile, 'utf8')) as Record<string, Record<string, unknown>>;
    const fingerprint = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    Object.assign(index['instruction_research'] ?? {}, { fingerprint, size_bytes: bytes.byteLength });
    await writeFile(research(), bytes);
    await writeFile(indexFile, JSON.stringify(index, null, 2));
    const view = await window().openView(viewTitle);
    await view.inlineAction('far', 'Refresh Sandbox Caches');
    await view.waitForText(/instruction_research {2}stale/);
    await view.contextMenu('far', 'Seed Instructions…');
    const items = await offered(({ label }) => label === 'instruction_research');
    assert.deepEqual(
      items.map(({ label, checked }) => [label, checked]),
      [['instruction_research', false]],
    );
    assert.match(items[0]?.description ?? '', /^conflict: /);
    await window().screenshot('ssh-conflict');
    await window().quickPick.cancel();
    assert.deepEqual(await readFile(research()), bytes);
  });

  it('compares the changed value with its file', async () => {
    const view = await window().openView(viewTitle);
    await view.inlineAction('instruction_research', 'Diff with Source');
    await window().editors.waitForTab(/instruction_research \(far\) ↔ research\.md/);
    await window().editors.waitForText(/Changed by the agent/);
  });

  it('gets an earlier version back', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('instruction_research', 'Restore Version…');
    const isSeeded = ({ detail }: QuickPickItem): boolean => detail.startsWith('seeded');
    const versions = await offered(isSeeded);
    await window().quickPick.pick(versions.find(isSeeded)!.label);
    assert.match(await window().dialogText(), /Restore version \d+ of instruction_research\?/);
    await window().answerDialog('Restore');
    await window().waitForNotification(/Restored version \d+ of instruction_research/);
    await view.waitForText((text) => !/instruction_research {2}stale/.test(text));
    assert.deepEqual(await readFile(research()), await readFile(source));
    await window().closeNotifications();
  });

  it('can be looked at when the plug is pulled, and is not written: the reason is told', async () => {
    await link.stop();
    await server.stop();
    const view = await window().openView(viewTitle);
    await view.inlineAction('far', 'Refresh Sandbox Caches');
    await view.waitForText((text) => text.includes('far  offline · last seen'));
    // Never opened before: the looks at the sandbox took it along.
    await view.row('instruction_visualization').click();
    await window().editors.waitForTab('instruction_visualization');
    await window().editors.waitForText(/[Cc]hart/);
    await window().resizeSideBar(640);
    await window().restPointer();
    await window().screenshot('ssh-offline');
    const before = await readFile(research());
    await view.contextMenu('far', 'Seed Instructions…');
    const reason = await window().waitForNotification(/far can not be changed now/);
    assert.match(reason, /ended with exit code 255/);
    assert.deepEqual(await readFile(research()), before);
    await window().closeNotifications();
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
