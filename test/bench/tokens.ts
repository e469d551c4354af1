/**
 * `npm run bench:tokens`: counts with every library, each in a process of its own, in turn, and prints medians and their
 * ratios to tiktoken as Markdown. `--rounds 3` repeats, `--output file.md` also writes, `--limit 20` seconds per row,
 * `--only opening,edits` leaves sections out, `--cpu` measures computing time instead of time passed, for machines that do other things meanwhile.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildTokenTables } from '../../src/build/tokenTables.mjs';
import { projectRoot } from '../support/places';
import { runMain, say } from '../support/say';
import { hostileInputs, hostileText, kinds, textsOf, workspaceTexts } from './corpus';
import { libraries } from './tasks';
import type { Library, SubjectTask, TaskResult } from './tasks';
import { duration, geometricMean, markdownTable, median, ratio } from './report';

const sizes = [
  { label: '2 KB', bytes: 2_000, count: 40 },
  { label: '100 KB', bytes: 100_000, count: 4 },
  { label: '1 MB', bytes: 1_000_000, count: 1 },
  { label: '10 MB', bytes: 10_000_000, count: 1 },
];
const editSizes = [
  { label: '10 KB', bytes: 10_000 },
  { label: '100 KB', bytes: 100_000 },
  { label: '1 MB', bytes: 1_000_000 },
  { label: '10 MB', bytes: 10_000_000 },
];
const hostileLimitMs = 5_000;

type Rows = SubjectTask['rows'];
/** By library and row: the times of all rounds; undefined where the limit was reached. */
type Times = Map<Library, Map<string, (number | undefined)[]>>;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '20' },
    output: { type: 'string' },
    only: { type: 'string', default: 'opening,throughput,hostile,edits,workspace' },
    cpu: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const limitMs = Number(options.limit) * 1000;

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  // Below node_modules, so that the bundle finds the libraries that it leaves outside.
  const bundle = join(projectRoot, 'node_modules', '.cache', `context-cache-bench-${process.pid}`, 'subject.cjs');
  try {
    const sections: string[] = [];
    for await (const section of report(new Bench(folder, bundle))) {
      say(`${section}\n`);
      sections.push(section);
    }
    if (options.output !== undefined) {
      await writeFile(options.output, `${sections.join('\n\n')}\n`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(join(bundle, '..'), { recursive: true, force: true });
  }
}

class Bench {
  readonly #folder: string;
  readonly #bundle: string;
  #differences = 0;

  constructor(folder: string, bundle: string) {
    this.#folder = folder;
    this.#bundle = bundle;
  }

  /** Rows in which a library's number of tokens is not tiktoken's. */
  get differences(): number {
    return this.#differences;
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.#bundle, '..'), { recursive: true });
    await buildTokenTables(join(this.#folder, 'tokens'));
    const { bpe_ranks: ranks } = JSON.parse(
      await readFile(join(projectRoot, 'node_modules', 'tiktoken', 'encoders', 'o200k_base.json'), 'utf8'),
    ) as { bpe_ranks: string };
    const tokens = ranks.split(' ').slice(2);
    await this.write('o200k_base.tiktoken', tokens.map((token, rank) => `${token} ${rank}`).join('\n'));
    await build({
      entryPoints: [join(projectRoot, 'test', 'bench', 'subject.ts')],
      outfile: this.#bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      logLevel: 'error',
    });
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name);
    await writeFile(path, text);
    return path;
  }

  /** Runs a task for every library in turn, round after round. */
  async inTurn(kind: SubjectTask['kind'], rows: Rows, among: readonly Library[] = libraries): Promise<Times> {
    const times: Times = new Map(among.map((library) => [library, new Map<string, (number | undefined)[]>()]));
    for (let round = 0; round < rounds; round++) {
      let reference: TaskResult | undefined;
      for (const library of [...among].sort(
        (one, other) => Number(other === 'tiktoken') - Number(one === 'tiktoken'),
      )) {
        const result = await this.run({ library, kind, rows }, limitMs * (rows.length + 1));
        reference ??= result;
        const ofLibrary = times.get(library)!;
        const add = (row: string, ms: number | undefined): void => {
          ofLibrary.set(row, [...(ofLibrary.get(row) ?? []), ms]);
        };
        add('open', result?.openMs);
        add('memory', result?.openMb);
        for (const { name } of rows) {
          for (const row of [name, `${name} p99`]) {
            add(row, result?.rows[row]?.ms);
          }
          const [found, expected] = [result?.rows[name], reference?.rows[name]];
          const both = found?.ms !== undefined && expected?.ms !== undefined;
          if (library === 'Context Cache' && !kind.startsWith('edit') && both && found.tokens !== expected.tokens) {
            this.#differences++;
          }
        }
      }
    }
    return times;
  }

  /** Runs one process; what it told before it ran out of time or failed, undefined when that is nothing. */
  async run(
    task: Pick<SubjectTask, 'library' | 'kind' | 'rows'>,
    timeoutMs: number,
    dataFolder = join(this.#folder, 'data'),
  ): Promise<TaskResult | undefined> {
    const full: SubjectTask = {
      ...task,
      limitMs,
      clock: options.cpu ? 'cpu' : 'wall',
      dataFolder,
      tablesFolder: join(this.#folder, 'tokens'),
      ranksFile: join(this.#folder, 'o200k_base.tiktoken'),
    };
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [this.#bundle, JSON.stringify(full)], {
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      // Going by the text before, the next one should be done in a limit's time.
      const stuck = setTimeout(() => child.kill('SIGKILL'), task.kind === 'count' ? 3 * limitMs : timeoutMs);
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        stuck.refresh();
      });
      child.on('close', () => {
        clearTimeout(stuck);
        const last = output.split('\n').at(-2);
        resolve(last === undefined ? undefined : (JSON.parse(last) as TaskResult));
      });
    });
  }
}

async function* report(bench: Bench): AsyncGenerator<string> {
  await bench.prepare();
  const expansion = await bench.run({ library: 'Context Cache', kind: 'open', rows: [] }, 60_000);
  yield '# Token counts, measured';
  yield (
    `Printed by \`npm run bench:tokens\` on Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]!.model}, ` +
    `o200k_base. Every library runs in processes of its own, the libraries in turn; medians of ${rounds} rounds. ` +
    `Times are ${options.cpu ? 'computing time; for single edits, time passed' : 'time passed'}. ` +
    'No text is counted twice in a process. In brackets: how many times as fast as tiktoken in the same run. Texts are in memory: reading files is no part of it.'
  );
  const parts: Readonly<Record<string, () => Promise<string>>> = {
    opening: async () => openingSection(bench, expansion),
    throughput: async () => throughputSection(bench),
    hostile: async () => hostileSection(bench),
    edits: async () => editSection(bench),
    workspace: async () => workspaceSection(bench),
  };
  for (const [name, part] of Object.entries(parts)) {
    if (options.only.split(',').includes(name)) {
      yield await part();
    }
  }
  yield `Rows in which our count differs from tiktoken’s: ${bench.differences}.`;
}

async function openingSection(bench: Bench, expansion: TaskResult | undefined): Promise<string> {
  const times = await bench.inTurn('open', []);
  const first = `Context Cache’s first opening on a machine, which expands the table: ${duration(expansion?.openMs)}.`;
  const row = (name: string, label: string, unit: (value: number | undefined) => string): string[] => [
    label,
    ...libraries.map((library) => unit(median(times.get(library)!.get(name)!))),
  ];
  const table = markdownTable(
    ['', ...libraries],
    [
      row('open', 'open and count two words', duration),
      row('memory', 'resident memory it adds', (value) => (value === undefined ? '–' : `${value.toFixed(0)} MB`)),
    ],
  );
  return `## Opening\n\n${table}\n\n${first}`;
}

async function throughputSection(bench: Bench): Promise<string> {
  const rows: { name: string; files: string[] }[] = [];
  for (const kind of kinds) {
    for (const { label, bytes, count } of sizes) {
      const texts = textsOf(kind, bytes, count);
      const files = await Promise.all(
        texts.map(async (text, index) => bench.write(`${kind}-${label}-${index}.txt`, text)),
      );
      rows.push({ name: `${kind}, ${label}`, files });
    }
  }
  const times = await bench.inTurn('count', rows);
  const table = comparisonTable(times, rows);
  const large = rows.filter(({ name }) => !name.endsWith(' 2 KB'));
  const means = libraries.map((library) => {
    const ratios = large.flatMap(({ name }) => {
      const [mine, reference] = [medianOf(times, library, name), medianOf(times, 'tiktoken', name)];
      return mine === undefined || reference === undefined ? [] : [reference / mine];
    });
    return ratios.length === 0 ? '–' : `${geometricMean(ratios).toFixed(2)} ×`;
  });
  return `## Time per text\n\n${table}\n${markdownRow(['**geometric mean from 100 KB**', ...means])}`;
}

async function hostileSection(bench: Bench): Promise<string> {
  const rows: string[][] = [];
  const inputs = [
    { input: 'letter', label: '64 KB of one letter', bytes: 64_000 } as const,
    ...hostileInputs.map((input) => ({ input, label: `1 MB: ${input}`, bytes: 1_000_000 })),
  ];
  for (const { input, label, bytes } of inputs) {
    const file = await bench.write(`hostile-${label}.txt`, hostileText(input, bytes));
    const cells: string[] = [];
    for (const library of libraries) {
      const result = await bench.run(
        { library, kind: 'count', rows: [{ name: label, files: [file] }] },
        hostileLimitMs,
      );
      cells.push(result === undefined ? `fails or > ${duration(hostileLimitMs)}` : duration(result.rows[label]?.ms));
    }
    rows.push([label, ...cells]);
  }
  return `## Hostile inputs\n\n${markdownTable(['', ...libraries], rows)}`;
}

async function editSection(bench: Bench): Promise<string> {
  const rows = await Promise.all(
    editSizes.map(async ({ label, bytes }) => ({
      name: label,
      files: [await bench.write(`edit-${label}.md`, textsOf('markdown', bytes, 1)[0]!)],
    })),
  );
  const ours = await bench.inTurn('edit', rows, ['tiktoken', 'Context Cache']);
  const cells = rows.map(({ name }) => {
    const [mine, worst] = [medianOf(ours, 'Context Cache', name), medianOf(ours, 'Context Cache', `${name} p99`)];
    const reference = medianOf(ours, 'tiktoken', name);
    return [name, duration(mine), duration(worst), duration(reference), ratio(reference, mine)];
  });
  const header = ['document', 'one edit, median', '99th percentile', 'tiktoken, whole text', 'ratio'];
  const runs = markdownTable(['a megabyte of', 'one edit, median', '99th percentile'], await runEdits(bench));
  return `## One edit\n\n${markdownTable(header, cells)}\n\nInside one run, of what it consists of:\n\n${runs}`;
}

/** Edits inside runs, most of which have no place to cut; no other library ends with the text itself in good time. */
async function runEdits(bench: Bench): Promise<string[][]> {
  const rows = await Promise.all(
    hostileInputs.map(async (input) => ({
      name: input,
      files: [await bench.write(`edit-${input}.txt`, hostileText(input, 1_000_000))],
    })),
  );
  const times = await bench.inTurn('edit in a run', rows, ['Context Cache']);
  return rows.map(({ name }) => [
    name,
    ...[name, `${name} p99`].map((row) => duration(medianOf(times, 'Context Cache', row))),
  ]);
}

async function workspaceSection(bench: Bench): Promise<string> {
  const file = await bench.write('workspace.json', JSON.stringify(workspaceTexts()));
  const rows = [{ name: 'first', files: [file] }];
  const among = libraries.filter((library) => library !== 'js-tiktoken');
  // The first of these fills the memory of counts; it is measured apart, with a data folder that knows the table only.
  const cold: (number | undefined)[] = [];
  const second: (number | undefined)[] = [];
  const others = await bench.inTurn(
    'workspace',
    rows,
    among.filter((library) => library !== 'Context Cache'),
  );
  for (let round = 0; round < rounds; round++) {
    const dataFolder = join(tmpdir(), `context-cache-bench-data-${process.pid}-${round}`);
    try {
      const task = { library: 'Context Cache', kind: 'workspace', rows } as const;
      await bench.run({ ...task, kind: 'open', rows: [] }, 60_000, dataFolder);
      cold.push((await bench.run(task, 60_000, dataFolder))?.rows['first']?.ms);
      second.push((await bench.run(task, 60_000, dataFolder))?.rows['first']?.ms);
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  }
  const reference = medianOf(others, 'tiktoken', 'first');
  const cells = among.map((library) => {
    const mine = library === 'Context Cache' ? median(cold) : medianOf(others, library, 'first');
    return `${duration(mine)} (${ratio(reference, mine)})`;
  });
  const secondCells = among.map((library) =>
    library === 'Context Cache' ? `${duration(median(second))} (${ratio(reference, median(second))})` : 'as the first',
  );
  const table = markdownTable(
    ['', ...among],
    [
      ['first start', ...cells],
      ['second start', ...secondCells],
    ],
  );
  return `## A workspace of 2,000 Markdown files, 18 MB, in one thread\n\n${table}`;
}

function medianOf(times: Times, library: Library, row: string): number | undefined {
  return median(times.get(library)?.get(row) ?? []);
}

function comparisonTable(times: Times, rows: Rows): string {
  return markdownTable(
    ['', ...libraries],
    rows.map(({ name }) => [
      name,
      ...libraries.map((library) => {
        const mine = medianOf(times, library, name);
        return mine === undefined
          ? `fails or > ${duration(limitMs)}`
          : `${duration(mine)} (${ratio(medianOf(times, 'tiktoken', name), mine)})`;
      }),
    ]),
  );
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

runMain(main);
