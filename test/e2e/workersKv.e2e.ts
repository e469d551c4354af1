import assert from 'node:assert/strict';
import { countingApi, startMiniflareKv } from '../support/miniflareKv';
import type { MiniflareKv } from '../support/miniflareKv';
import { versionWrite, videoKey, videoWrites } from '../support/videoEntries';
import type { KvApi } from '../../src/core/workersKv/kvApi';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

const viewTitle = 'Sandbox Caches';
const root = 'VIDEO_CACHE';

describe('A namespace of Workers KV', () => {
  let kv: MiniflareKv;
  let api: KvApi;
  const createdAt = Date.now() - 3 * 60_000;
  const clip = { path: 'videos/cats/clip.mp4', derivative: 'mobile', createdAt };
  const wide = { path: 'videos/cats/clip.mp4', derivative: 'desktop', createdAt, chunks: [5000, 5000, 900] };
  const old = { path: 'videos/dogs/old.mp4', derivative: 'mobile', createdAt, expiresAt: createdAt + 1 };
  const settings: Record<string, unknown> = {};

  before(async () => {
    kv = await startMiniflareKv();
    const target = kv.freshTarget();
    ({ api } = countingApi(target));
    await api.entries.writeAll([clip, wide, old].flatMap(videoWrites));
    await api.versions!.writeAll([versionWrite(videoKey(clip), 1, createdAt)]);
    settings['contextCache.workersKv.namespaces'] = [
      {
        name: root,
        namespace: target.namespace,
        versionsNamespace: target.versionsNamespace,
        baseUrl: kv.baseUrl,
      },
    ];
  });
  after(async () => {
    await kv.stop();
  });
  const window = useWorkbench({
    workspace: 'sample-workspace',
    viewport: { width: 1500, height: 1300 },
    settings,
  });

  const keys = async (): Promise<string[]> => (await api.entries.list()).map(({ key }) => key);

  it('stands beside the sandboxes, with its entries by path', async () => {
    const view = await window().openView(viewTitle);
    await view.collapseRow('sample-workspace');
    await view.expandRow(root, 'videos/cats/clip.mp4');
    await view.waitForText(/VIDEO_CACHE {2}Workers KV · 3 entries · 11 KiB · 1 finding/);
    await view.waitForText(/video derivative=desktop {2}11 KiB · 3 chunks · \d+ min old · v1/);
    await view.expandRow(root, 'videos/dogs/old.mp4');
    await view.waitForText(/video derivative=mobile {2}.* · v1 · expired/);
  });

  it('opens what is known of an entry', async () => {
    const view = await window().openView(viewTitle);
    await view.row('video derivative=desktop').click();
    await window().editors.waitForText(/"isChunked": true/);
    await window().resizeSideBar(560);
    await window().restPointer();
    await window().screenshot('workers-kv');
  });

  it('is purged after a question, and brought back by Undo', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('videos/cats/clip.mp4', 'Purge Workers KV Entries…');
    await window().editors.waitForTab(/workers-kv-plan/);
    const [offered] = await window().quickPick.items();
    assert.match(offered?.detail ?? '', /2 entries: 5 keys/);
    await window().quickPick.pick('Purge 2 entries');
    await window().answerNotification(/5 keys done/, 'Undo');
    await eventually('the entries are back', keys, (all) => all.length === 6);
    await view.waitForText(/VIDEO_CACHE {2}Workers KV · 3 entries/);
  });

  it('is bumped, and shows which entries are stale', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('videos/cats/clip.mp4', 'Bump Workers KV Version…');
    await window().quickPick.pick('Bump 2 version records');
    await window().waitForNotification(/2 keys done/);
    // The path was gone for a while.
    await view.expandRow(root, 'videos/cats/clip.mp4');
    await view.waitForText(/video derivative=desktop {2}.* · v1, now v2 · stale/);
    await window().closeNotifications();
  });
});
