/**
 * `npm run bench:layers`: a generated JAX cache of 50,000 compilations, listed, compared, synced, exported, vacuumed
 * and put back, each beside what `find`, `cp`, `diff` or `tar` take for the same in the same round. `--entries 50000`,
 * `--rounds 3`, `--limit 240` (seconds after which no further round is begun that would not end within them),
 * `--output file.md` also writes. Prints medians as Markdown.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
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
import { duration, markdownTable, median, ratio } from './report';

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '240' },
    output: { type: 'string' },
  },
});
const entries = Number(options.entries);
const rounds = Number(options.rounds);
const limitMs = Number(options.limit) * 1000;
const functions = ['jit_f', 'jit__linspace', 'jit_broadcast_in_dim', 'jit_ffi_call', 'jit_convert_element_type'];
const dayMs = 86_400_000;
const unusedDays = 30;
const layer = { kind: 'jax', folder: '' } as const;
const run = promisify(execFile);

/** Times of one row, ours and those of the plain tool. */
interface Row {
  readonly ours: number[];
  readonly plain: number[];
  readonly plainName: string;
  memoryMb: number;
}

/** Rows in the order in which they came first. */
class Rows {
  readonly #rows = new Map<string, Row>();

  async measure<Result>(
    name: string,
    work: () => Promise<Result>,
    plainName: string,
    plain: () => Promise<unknown>,
  ): Promise<Result> {
    const row = this.#rows.get(name) ?? { ours: [], plain: [], plainName, memoryMb: 0 };
    this.#rows.set(name, row);
    const started = performance.now();
    const result = await work();
    row.ours.push(performance.now() - started);
    row.memoryMb = Math.max(row.memoryMb, process.memoryUsage().rss / 1024 / 1024);
    const plainStarted = performance.now();
    await plain();
    row.plain.push(performance.now() - plainStarted);
    return result;
  }

  print(title: string): string {
    const rows = [...this.#rows].map(([name, { ours, plain, plainName, memoryMb }]) => [
      name,
      duration(median(ours)),
      String(Math.round(memoryMb)),
      plainName,
      duration(median(plain)),
      ratio(median(ours), median(plain)),
    ]);
    return markdownTable([title, 'median', 'process, MiB at most', 'plain tool', 'median', 'times as long'], rows);
  }
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  try {
    const here = join(folder, 'here');
    await writeLayer(here);
    const rows = new Rows();
    const started = performance.now();
    let longestMs = 0;
    let done = 0;
    while (done < rounds && (done === 0 || performance.now() - started + longestMs < limitMs)) {
      const begun = performance.now();
      const workplace = join(folder, `round-${done}`);
      await mkdir(workplace);
      await measureRound(here, workplace, rows);
      await rm(workplace, { recursive: true });
      longestMs = Math.max(longestMs, performance.now() - begun);
      done += 1;
    }
    const report = [
      '# Local caches of many files',
      '',
      `\`npm run bench:layers\`, Node ${process.versions.node.split('.')[0]!}, ${cpus().length} cores; medians of ${done} ${done === 1 ? 'round' : 'rounds'}. Ours flushes each file that it writes to the disk, keeps what it removes for undo, and checks before each write what is there; the plain tools do none of that.`,
      '',
      rows.print(`${entries} compilations`),
    ].join('\n');
    say(report);
    if (options.output !== undefined) {
      await writeFile(options.output, `${report}\n`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every kind of work once. It leaves the cache as it was. */
async function measureRound(here: string, workplace: string, rows: Rows): Promise<void> {
  const [there, copied] = [join(workplace, 'there'), join(workplace, 'copied')];
  await mkdir(there);
  const [tree, other] = [new FolderTree(here), new FolderTree(there)];
  const listing = await rows.measure(
    'list',
    async () => listLayer(tree, layer),
    '`find -printf`',
    async () => run('find', [here, '-type', 'f', '-printf', '%s %T@ %p\\n'], { maxBuffer: 1024 ** 3 }),
  );
  expect(listing.entries.length, entries);
  const plan = await planSync({ tree, listing }, { tree: other, listing: await listLayer(other, layer) });
  const synced = await rows.measure(
    'sync into an empty folder',
    async () => applyTransfer(other, plan, contentsOfLayer(tree, layer), 'Sync'),
    '`cp -a`',
    async () => run('cp', ['-a', here, copied]),
  );
  expect(synced.written.length, entries);
  const filled = { tree: other, listing: await listLayer(other, layer) };
  const seen = await rows.measure(
    'compare every content',
    async () => compareLayers({ tree, listing }, filled),
    '`diff -rq`',
    async () => run('diff', ['-rq', here, copied]),
  );
  expect(seen.same.length, entries);
  const exported = await rows.measure(
    'export',
    async () => writeArchive(join(workplace, 'ours.tar.gz'), [{ tree, listing }]),
    '`tar -czf`',
    async () => run('tar', ['-C', here, '-czf', join(workplace, 'plain.tar.gz'), '.']),
  );
  expect(exported.files, entries);
  const vacuum = planVacuum(listing, { nowMs: Date.now(), unusedMs: unusedDays * dayMs });
  const history = new LayerHistory(join(workplace, 'history'), { clock: systemClock });
  const report = await rows.measure(
    `vacuum ${vacuum.removals.length} by age`,
    async () => applyRemoval(tree, vacuum, 'Vacuum', { history }),
    '`find -mtime -delete`',
    // A whole number of days later: what `find` counts is cut down to days.
    async () => run('find', [copied, '-type', 'f', '-mtime', `+${unusedDays - 1}`, '-delete']),
  );
  expect(report.removed.length, vacuum.removals.length);
  expect((await readdir(copied)).length, entries - vacuum.removals.length);
  const operation = await history.read(report.undoId!);
  const restored = await rows.measure(
    'take the vacuum back',
    async () => undoOperation(tree, operation, history),
    '`cp -an`',
    async () => run('cp', ['-an', `${there}/.`, copied]),
  );
  expect(restored.restored.length, vacuum.removals.length);
  expect((await readdir(here)).length, entries);
}

/** A figure of a run that did something else is worth nothing. */
function expect(found: number, wanted: number): void {
  if (found !== wanted) {
    throw new Error(`${found} files in place of ${wanted}.`);
  }
}

async function writeLayer(folder: string): Promise<void> {
  await mkdir(folder);
  const now = Date.now();
  for (let index = 0; index < entries; index += 1) {
    const hash = createHash('sha256').update(String(index)).digest('hex');
    const file = join(folder, `${functions[index % functions.length]!}-${hash}-cache`);
    // Sizes as in a real cache, contents that do not compress to nothing.
    await writeFile(file, Buffer.from(hash.repeat(20 + (index % 40))));
    // In the middle of a day, so that nothing is at the edge of the age while a round runs.
    const used = new Date(now - ((index % 60) + 0.5) * dayMs);
    await utimes(file, used, used);
  }
}

runMain(main);
