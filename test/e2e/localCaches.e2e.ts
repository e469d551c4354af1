import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../support/places';
import { eventually, inTime, tryMs, untilDone } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

const viewTitle = 'Sandbox Caches';
const dayMs = 86_400_000;

describe('Local caches in the view', () => {
  const settings: Record<string, unknown> = {};
  let home: string;
  let scratch: string;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'context-cache-e2e-home-'));
    const golden = path.join(projectRoot, 'test', 'fixtures', 'golden', 'phasic');
    await cp(path.join(golden, 'dot-phasic_cache'), path.join(home, '.phasic_cache'), { recursive: true });
    await cp(path.join(golden, 'dot-jax_cache'), path.join(home, '.jax_cache'), { recursive: true });
    for (let key = 0; key < 30; key += 1) {
      const hash = createHash('sha256').update(String(key)).digest('hex');
      const file = path.join(home, '.jax_cache', `jit_step-${hash}-cache`);
      await writeFile(file, Buffer.alloc(40_000, key));
      await utimes(file, new Date(), new Date(Date.now() - (40 + key) * dayMs));
    }
    scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'context-cache-e2e-scratch-')));
    await cp(path.join(golden, 'dot-jax_cache'), scratch, { recursive: true });
    settings['contextCache.localCaches.places'] = [{ name: 'my-caches', path: home }];
  });
  after(async () => {
    await rm(home, { recursive: true, force: true });
    await rm(scratch, { recursive: true, force: true });
  });
  const window = useWorkbench({
    workspace: 'sample-workspace',
    viewport: { width: 1400, height: 1300 },
    settings,
  });

  const compilations = async (): Promise<number> => (await readdir(path.join(home, '.jax_cache'))).length;

  it('stand beside the sandboxes: layers with their files, sizes and ages', async () => {
    const view = await window().openView(viewTitle);
    await view.collapseRow('sample-workspace');
    await view.expandRow('my-caches', 'JAX compilations');
    await view.waitForText(/Traces {2}3 traces · 8\.2 KiB · newest /);
    await view.waitForText(/JAX compilations {2}42 compilations · 1\.2 MiB · newest .*, oldest 69 d/);
    await view.waitForText(/jit_step {2}30 compilations/);
    await view.expandRow('jit_f');
    await view.waitForText(/14814653a86e65fc {2}2\.9 KiB · used /);
    await window().resizeSideBar(560);
    await window().restPointer();
    await window().screenshot('local-caches');
  });

  it('open a trace as a document', async () => {
    const view = await window().openView(viewTitle);
    await view.expandRow('my-caches', 'Traces');
    await view.row('5b0503520ba8ccdf….json').click();
    await window().editors.waitForTab(/Cache Entry/);
    // A preview takes the focus once it has loaded, and with it a list that was opened meanwhile.
    await window().runCommand('View: Close All Editors');
    await eventually(
      'no editor is open',
      async () => window().editors.tabs(),
      (tabs) => tabs.length === 0,
    );
  });

  it('are vacuumed by a plan, and put back', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('JAX compilations', 'Vacuum Layer…');
    await window().quickPick.pick('By Age…');
    await eventually(
      'the days are asked for',
      async () => window().quickPick.message(),
      (message) => message.includes('Days without use'),
    );
    await window().quickPick.enter('39');
    await window().quickPick.pick('Remove 30 compilations, 1.1 MiB');
    await window().waitForNotification(/Removed 30 compilations, 1\.1 MiB/);
    await view.waitForText(/JAX compilations {2}12 compilations/);
    assert.equal(await compilations(), 12);
    await window().answerNotification(/Removed 30 compilations/, 'Undo');
    await window().waitForNotification(/Took back/);
    await view.waitForText(/JAX compilations {2}42 compilations/);
    assert.equal(await compilations(), 42);
  });

  it('are added from the menu of the view, after a look into the folder, and removed again', async () => {
    const view = await window().openView(viewTitle);
    const { quickPick } = window();
    await view.titleAction('Add Local Cache…');
    await quickPick.pick('Folder');
    const place = quickPick.shown.locator('input[type="text"]');
    await eventually(
      'the dialog asks for a folder',
      async () => ((await place.isVisible()) ? place.inputValue() : ''),
      (value) => value.startsWith('/'),
    );
    await quickPick.type(`${scratch}/`);
    // A press of Enter too many would answer the next question: only the dialog has this button.
    const open = quickPick.shown.getByRole('button', { name: 'Look into It' });
    await untilDone('the folder was looked into', async () => {
      if (await open.isVisible()) {
        await inTime(open.click({ timeout: tryMs }));
      }
      return (await quickPick.title()) === `Add Local Cache: ${scratch}`;
    });
    assert.match(await quickPick.placeholder(), /^JAX compilations: 12 compilations · 29 KiB · /);
    await quickPick.pick('Add');
    await eventually(
      'the name is asked for',
      async () => quickPick.message(),
      (message) => message.includes('What it is called in the view'),
    );
    await quickPick.enter('scratch');
    await view.expandRow('scratch');
    await view.waitForText(/scratch {2}1 layer · 29 KiB/);
    await view.contextMenu('scratch', 'Remove Local Cache…');
    await window().waitForNotification(/scratch is no longer shown/);
    await eventually(
      'the row is gone',
      async () => view.text(),
      (text) => !text.includes('scratch'),
    );
    assert.equal((await readdir(scratch)).length, 12);
  });
});
