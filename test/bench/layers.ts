/**
 * `npm run bench:layers`: a generated JAX cache of 50,000 compilations, listed, compared, synced, exported, vacuumed
 * and put back, beside what `find`, `cp` and `tar` take for the same. `--entries 50000`. Prints Markdown.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { applyRemoval } from '../../src/core/layers/applyRemoval';
import { applyTransfer, contentsOfLayer } from '../../src/core/layers/applyTransfer';
import { writeArchive } from '../../src/core/layers/archiveFile';
import { compareLayers } from '../../src/core/layers/compare';
import { LayerHistory } from '../../src/core/layers/layerHistory';
import { listLayer } from '../../src/core/layers/listLayer';
import { planVacuum } from '../../src/core/layers/removal';
import { planSync } from '../../src/core/layers/transferPlan';
import { undoOperation } from '../../src/core/layers/undo';
import { systemClock } from '../../src/core/ports';
import { FolderTree } from '../../src/core/sources/folderTree';
import { runMain, say } from '../support/say';
import { duration, markdownTable } from './report';

const { values: options } = parseArgs({ options: { entries: { type: 'string', default: '50000' } } });
const entries = Number(options.entries);
const functions = ['jit_f', 'jit__linspace', 'jit_broadcast_in_dim', 'jit_ffi_call', 'jit_convert_element_type'];
const dayMs = 86_400_000;
const layer = { kind: 'jax', folder: '' } as const;
const run = promisify(execFile);

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  try {
    const [here, there, copied] = [join(folder, 'here'), join(folder, 'there'), join(folder, 'copied')];
    await writeLayer(here);
    await mkdir(there);
    const [tree, other] = [new FolderTree(here), new FolderTree(there)];
    const rows: string[][] = [];
    const measure = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
      const started = performance.now();
      const result = await work();
      const ms = performance.now() - started;
      rows.push([name, duration(ms), String(Math.round(process.memoryUsage().rss / 1024 / 1024))]);
      return result;
    };
    const listing = await measure('list', async () => listLayer(tree, layer));
    await measure('`find -printf`, piped', async () =>
      run('find', [here, '-type', 'f', '-printf', '%s %T@ %p\\n'], { maxBuffer: 1024 ** 3 }),
    );
    const empty = { tree: other, listing: await listLayer(other, layer) };
    const plan = await planSync({ tree, listing }, empty);
    const synced = await measure('sync into an empty folder', async () =>
      applyTransfer(other, plan, contentsOfLayer(tree, layer), 'Sync'),
    );
    await measure('`cp -a`', async () => run('cp', ['-a', here, copied]));
    const filled = { tree: other, listing: await listLayer(other, layer) };
    const seen = await measure('compare every content', async () => compareLayers({ tree, listing }, filled));
    await measure('compare names and sizes', async () => compareLayers({ tree, listing }, filled, { quick: true }));
    await measure('`diff -rq`', async () => run('diff', ['-rq', here, copied]));
    await measure('export', async () => writeArchive(join(folder, 'a.tar.gz'), [{ tree, listing }]));
    await measure('`tar -czf`', async () => run('tar', ['-C', here, '-czf', join(folder, 'b.tar.gz'), '.']));
    const vacuum = planVacuum(listing, { nowMs: Date.now(), unusedMs: 30 * dayMs });
    const history = new LayerHistory(join(folder, 'history'), { clock: systemClock });
    const report = await measure(`vacuum ${vacuum.removals.length} by age, kept for undo`, async () =>
      applyRemoval(tree, vacuum, 'Vacuum', { history }),
    );
    if (report.undoId !== undefined) {
      const operation = await history.read(report.undoId);
      await measure('undo it', async () => undoOperation(tree, operation, history));
    }
    say(markdownTable([`${entries} compilations`, 'time', 'memory of the process, MiB'], rows));
    return synced.written.length === entries && seen.same.length === entries ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeLayer(folder: string): Promise<void> {
  await mkdir(folder);
  for (let index = 0; index < entries; index += 1) {
    const hash = createHash('sha256').update(String(index)).digest('hex');
    const file = join(folder, `${functions[index % functions.length]}-${hash}-cache`);
    // Sizes as in a real cache, contents that do not compress to nothing.
    await writeFile(file, Buffer.from(hash.repeat(20 + (index % 40))));
    const used = new Date(Date.now() - (index % 60) * dayMs);
    await utimes(file, used, used);
  }
}

runMain(main);
