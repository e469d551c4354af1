import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { RemovalReport } from '../../../src/core/layers/applyRemoval';
import type { TransferReport } from '../../../src/core/layers/applyTransfer';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { testEnvironment } from '../support/environment';
import { contentsOf, run } from '../support/sandbox';

const settings = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('contextCache.localCaches');
const dayMs = 86_400_000;

describe('Local caches', () => {
  let answers: Answers;
  let home: string;
  let before: string | undefined;

  beforeEach(async () => {
    answers = await answerPrompts();
    home = await mkdtemp(path.join(tmpdir(), 'context-cache-home-'));
    const golden = path.join(testEnvironment().projectRoot, 'test', 'fixtures', 'golden', 'phasic');
    await cp(path.join(golden, 'dot-phasic_cache'), path.join(home, '.phasic_cache'), { recursive: true });
    await cp(path.join(golden, 'dot-jax_cache'), path.join(home, '.jax_cache'), { recursive: true });
    await mkdir(path.join(home, 'other'));
    before = process.env['HOME'];
    // The extension runs in this process, and asks for the home folder each time that it looks for caches.
    process.env['HOME'] = home;
    await settings().update('detect', true, vscode.ConfigurationTarget.Global);
    await settings().update(
      'places',
      [{ name: 'other', path: path.join(home, 'other'), layout: 'jax' }],
      vscode.ConfigurationTarget.Global,
    );
    await run('refreshLocalCaches');
  });

  afterEach(async () => {
    answers.restore();
    for (const setting of ['detect', 'places', 'warnAbove']) {
      await settings().update(setting, undefined, vscode.ConfigurationTarget.Global);
    }
    process.env['HOME'] = before;
    await run('refreshLocalCaches');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(home, { recursive: true, force: true });
  });

  const jax = (): string => path.join(home, '.jax_cache');
  const other = (): string => path.join(home, 'other');

  it('of the home folder and of the setting are offered, each layer by its name', async () => {
    answers.next({ pick: undefined });
    await run('vacuumLayer');
    assert.deepEqual(answers.asked.at(-1)?.offered, [
      'JAX compilations of other',
      'Traces of .phasic_cache',
      'JAX compilations of .jax_cache',
    ]);
  });

  it('say what a trace is, in a document', async () => {
    answers.next({ pick: 'Traces of .phasic_cache' }, { pick: /^5b0503520ba8ccdf/ });
    const document = (await run('inspectLayerEntry')) as string;
    assert.match(document, /\| Vertices \| 8 \|/);
    assert.match(document, /\| Operations \| \d+ \|/);
    assert.match(document, /"n_vertices":8/);
  });

  it('are vacuumed by age after the plan was accepted, and put back by undo', async () => {
    const names = (await readdir(jax())).sort();
    for (const name of names.slice(0, 5)) {
      const then = new Date(Date.now() - 40 * dayMs);
      await utimes(path.join(jax(), name), then, then);
    }
    for (const name of names.slice(5)) {
      await utimes(path.join(jax(), name), new Date(), new Date());
    }
    const contents = await contentsOf(home);
    answers.next({ pick: 'JAX compilations of .jax_cache' }, { pick: 'By the Usual Limits' }, { pick: /^Remove 5 / });
    const report = (await run('vacuumLayer')) as RemovalReport;
    assert.equal(report.removed.length, 5);
    assert.deepEqual((await readdir(jax())).sort(), names.slice(5));
    assert.match(await answers.toldOf(/^Removed 5 compilations/), /of \.jax_cache/);
    answers.next({ pick: 'Vacuum JAX compilations of .jax_cache' });
    await run('undoLayerChange');
    await answers.toldOf(/^Took back/);
    assert.deepEqual(await contentsOf(home), contents);
  });

  it('stay as they are when only the plan is looked at', async () => {
    const contents = await contentsOf(home);
    answers.next(
      { pick: 'JAX compilations of .jax_cache' },
      { pick: 'By Size…' },
      { type: '0.01' },
      { pick: 'Show the Plan' },
    );
    assert.equal(await run('vacuumLayer'), undefined);
    assert.deepEqual(await contentsOf(home), contents);
  });

  it('are cleared only after a yes', async () => {
    const contents = await contentsOf(home);
    answers.next({ pick: 'Traces of .phasic_cache' }, { say: false });
    await run('clearLayer');
    assert.match(answers.asked.at(-1)?.detail ?? '', /Removes 3 traces.*It can be undone/s);
    assert.deepEqual(await contentsOf(home), contents);
    answers.next({ pick: 'Traces of .phasic_cache' }, { say: true });
    const report = (await run('clearLayer')) as RemovalReport;
    assert.equal(report.removed.length, 3);
    assert.deepEqual(await readdir(path.join(home, '.phasic_cache', 'traces')), []);
  });

  it('are synced with exactly what was planned, and compared', async () => {
    const [first, second] = (await readdir(jax())).sort() as [string, string];
    await cp(path.join(jax(), first), path.join(other(), first));
    await writeFile(path.join(other(), second), 'another one');
    answers.next({ pick: 'JAX compilations of other' }, { pick: 'JAX compilations of .jax_cache' });
    const document = (await run('compareLayers')) as string;
    assert.match(document, /\| Only in \.jax\\?_cache \| 10 \|/);
    assert.match(document, /\| Different \| 1 \|/);
    answers.next(
      { pick: 'JAX compilations of other' },
      { pick: 'JAX compilations of .jax_cache' },
      { pick: 'Add and Replace' },
      { pick: 'Write 11 files' },
    );
    const report = (await run('syncLayer')) as TransferReport;
    assert.equal(report.written.length, 11);
    assert.deepEqual(await contentsOf(other()), await contentsOf(jax()));
  });

  it('are exported and imported', async () => {
    const archive = vscode.Uri.file(path.join(home, 'jax.tar.gz'));
    answers.next({ pick: 'JAX compilations of .jax_cache' }, { save: archive });
    await run('exportLayer');
    await answers.toldOf(/^Exported 12 files/);
    answers.next({ pick: 'JAX compilations of other' }, { open: archive }, { pick: 'Write 12 files' });
    await run('importLayer');
    assert.deepEqual(await contentsOf(other()), await contentsOf(jax()));
  });

  it('warn once when they have grown beyond the limit', async () => {
    await settings().update('warnAbove', 0.00001, vscode.ConfigurationTarget.Global);
    await run('refreshLocalCaches');
    await answers.toldOf(/\.jax_cache \(jax\) has grown/);
    await run('refreshLocalCaches');
    assert.equal(answers.told.filter((text) => text.includes('.jax_cache (jax) has grown')).length, 1);
  });

  it('never run what is in a pickle, and never copy it', async () => {
    const name = `compiled_svgd_${createHash('sha256').update('x').digest('hex').slice(0, 16)}.pkl`;
    const proof = path.join(home, 'proof');
    await writeFile(path.join(home, '.phasic_cache', name), `cos\nsystem\n(S'touch ${proof}'\ntR.`);
    await run('refreshLocalCaches');
    answers.next({ pick: 'Compiled gradients of .phasic_cache' }, { pick: name });
    assert.match((await run('inspectLayerEntry')) as string, /unpickling runs what is inside/);
    await assert.rejects(readFile(proof));
    answers.next({ pick: undefined });
    await run('exportLayer');
    assert.ok(answers.asked.at(-1)?.offered.every((label) => !label.startsWith('Compiled gradients')));
  });

  it('tell what is wrong with the setting, and show the others', async () => {
    await settings().update('places', [{ name: 'bad', kind: 'daytona', sandboxId: 'x', root: '/x' }, 7], true);
    await run('refreshLocalCaches');
    answers.next({ pick: undefined });
    await run('vacuumLayer');
    assert.equal(answers.asked.at(-1)?.offered.length, 2);
  });
});
