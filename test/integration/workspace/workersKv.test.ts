import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { KvReport } from '../../../src/core/workersKv/report';
import type { Finding } from '../../../src/core/findings';
import { cloudToken, startCloudKvServer } from '../../support/cloudKvServer';
import type { CloudKvServer } from '../../support/cloudKvServer';
import { versionWrite, videoKey, videoWrites } from '../../support/videoEntries';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { run } from '../support/sandbox';

const settings = () => vscode.workspace.getConfiguration('contextCache.workersKv');

describe('Namespaces of Workers KV', () => {
  let cloud: CloudKvServer;
  let answers: Answers;
  const createdAt = Date.now() - 60_000;
  const clip = { path: 'videos/cats/clip.mp4', derivative: 'mobile', createdAt };
  const big = { path: 'videos/cats/big.mp4', derivative: 'desktop', createdAt, chunks: [700, 30] };
  const old = { path: 'videos/cats/old.mp4', derivative: 'mobile', createdAt, expiresAt: createdAt + 1 };

  beforeEach(async () => {
    cloud = await startCloudKvServer();
    const entries = new Map([...videoWrites(clip), ...videoWrites(big), ...videoWrites(old)].map(stored));
    cloud.namespaces.set('entries', entries).set('versions', new Map([stored(versionWrite(videoKey(clip), 1, 5))]));
    answers = await answerPrompts();
  });

  afterEach(async () => {
    answers.restore();
    await settings().update('namespaces', undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await cloud.stop();
  });

  function stored({ key, value, metadata }: ReturnType<typeof versionWrite>) {
    return [key, { value: Buffer.from(value), metadata }] as const;
  }

  const keys = (): string[] => [...cloud.namespaces.get('entries')!.keys()].sort();

  /** The plan that is shown, once it says this: a document shows with a delay what it was changed to. */
  async function planWith(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + 25_000;
    for (;;) {
      const text =
        vscode.workspace.textDocuments.find(({ uri }) => uri.path === '/workers-kv-plan.md')?.getText() ?? '';
      if (pattern.test(text)) {
        return text;
      }
      assert.ok(Date.now() < deadline, `The plan does not say ${String(pattern)}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function add(): Promise<void> {
    answers.next(
      { pick: 'Another Server' },
      { type: cloud.baseUrl },
      { type: cloudToken },
      { pick: 'title of entries' },
      { pick: 'title of versions' },
      { pick: 'Add' },
    );
    await run('addKvNamespace');
  }

  it('are tested before they are kept, and their token never stands in the settings', async () => {
    answers.next(
      { pick: 'Another Server' },
      { type: cloud.baseUrl },
      { type: 'a-wrong-token' },
      { pick: 'Back' },
      { type: cloudToken },
      { pick: 'title of entries' },
      { pick: 'title of versions' },
      { pick: 'Add' },
    );
    await run('addKvNamespace');
    const asked = answers.asked.find(({ placeHolder }) => placeHolder?.startsWith('Connected') === true);
    assert.match(asked?.placeHolder ?? '', /3 entries, .*, 1 version record/);
    const kept = settings().inspect('namespaces')?.globalValue;
    assert.deepEqual(kept, [
      { name: 'title of entries', namespace: 'entries', versionsNamespace: 'versions', baseUrl: cloud.baseUrl },
    ]);
    assert.ok(!JSON.stringify(kept).includes(cloudToken));
  });

  it('bump versions by tag, and take it back', async () => {
    await add();
    answers.next({ pick: 'By tag…' }, { pick: 'video-d-mobile' }, { pick: 'Bump 2 version records' });
    const report = (await run('bumpKvVersion')) as KvReport;
    assert.deepEqual(
      report.results.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
    await planWith(/^\| version-video-videos\/cats\/clip\.mp4\S* \| v1 \| v2 \|$/m);
    await planWith(/eventually consistent/);
    const record = () => cloud.namespaces.get('versions')!.get('version-video-videos/cats/clip.mp4-derivative-mobile');
    assert.equal((record()!.metadata as { version: number }).version, 2);
    await run('undoKvChange', report.operationId);
    assert.deepEqual(record()!.metadata, { version: 1, createdAt: 5, updatedAt: 5 });
    await answers.toldOf(/Undo: Bump/);
  });

  it('purge a path with its chunks, and bring it back', async () => {
    await add();
    const before = keys();
    answers.next({ pick: 'By path…' }, { pick: 'videos/cats/big.mp4' }, { pick: undefined });
    assert.equal(await run('purgeKvEntries'), undefined);
    assert.deepEqual(keys(), before);
    await planWith(/^1 entry: 3 keys, 730 B\. The edge is left alone\.$/m);
    await planWith(/_chunk\S*1 \| its chunk \|/);
    answers.next({ pick: 'By path…' }, { pick: 'videos/cats/big.mp4' }, { pick: 'Purge 1 entry' });
    const report = (await run('purgeKvEntries')) as KvReport;
    assert.equal(report.results.length, 3);
    assert.deepEqual(keys(), [videoKey(clip), videoKey(old)]);
    await run('undoKvChange', report.operationId);
    assert.deepEqual(keys(), before);
    assert.equal(cloud.namespaces.get('entries')!.get(`${videoKey(big)}_chunk_1`)!.value.byteLength, 30);
  });

  it('show every key of a plan before they ask, and ask once more where there is no way back', async () => {
    const many = Array.from({ length: 120 }, (_, number) => ({
      path: `videos/many/${String(number).padStart(3, '0')}.mp4`,
      derivative: 'tv',
      createdAt,
    }));
    for (const one of many.flatMap(videoWrites)) {
      cloud.namespaces.get('entries')!.set(...stored(one));
    }
    await add();
    const before = keys();
    answers.next({ pick: 'By derivative…' }, { pick: 'tv' }, { pick: 'Purge 120 entries' }, { say: false });
    assert.equal(await run('purgeKvEntries'), undefined);
    const listed = (await planWith(/119\.mp4/)).split('\n').filter((line) => line.startsWith('| video'));
    assert.equal(listed.length, 120);
    assert.equal(listed.filter((line) => line.endsWith('| no |')).length, 20);
    const confirm = answers.asked.at(-1);
    assert.equal(confirm?.kind, 'confirm');
    assert.match(confirm.detail ?? '', /20 of 120 can’t be brought back/);
    assert.deepEqual(keys(), before);
  });

  it('go on with a purge that was refused in the middle', async () => {
    await add();
    cloud.failNext(/bulk\/delete/, 403);
    answers.next({ pick: 'By mode…' }, { pick: 'video' }, { pick: 'Purge 3 entries' });
    const first = (await run('purgeKvEntries')) as KvReport;
    assert.notEqual(first.purgeId, undefined);
    assert.equal(keys().length, 5);
    await answers.toldOf(/The rest can be resumed/);
    const second = (await run('resumeKvPurge')) as KvReport;
    assert.equal(second.purgeId, undefined);
    assert.deepEqual(keys(), []);
  });

  it('prune what has expired, and list what is wrong', async () => {
    await add();
    answers.next({ pick: undefined });
    const findings = (await run('showKvFindings')) as readonly Finding[];
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['expired'],
    );
    answers.next({ pick: 'Prune 1 entry' });
    await run('pruneKvEntries');
    assert.ok(!keys().includes(videoKey(old)));
  });

  it('show what is known of an entry as a document that can only be read', async () => {
    await add();
    const id = `workers-kv:${cloud.baseUrl}/entries`;
    const query = new URLSearchParams({ id, key: videoKey(big), show: 'metadata' }).toString();
    const uri = vscode.Uri.from({ scheme: 'context-cache-kv', path: '/big.json', query });
    const document = await vscode.workspace.openTextDocument(uri);
    const known = JSON.parse(document.getText()) as { state: string; chunks: unknown[]; metadata: { mode: string } };
    assert.deepEqual([known.state, known.chunks.length, known.metadata.mode], ['fresh', 2, 'video']);
    assert.ok(!cloud.requests.some((request) => request.includes('/values/')), 'no value was read');
    await assert.rejects(async () => vscode.workspace.fs.writeFile(uri, Buffer.from('x')));
  });
});
