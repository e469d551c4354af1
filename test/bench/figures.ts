/**
 * `npm run figures:sandboxes`: runs the tests of faults and of contention with more tries than usual, measures a cache
 * behind a slow SSH link in `--rounds 3`, and prints both as Markdown tables. `--write` puts them into
 * `media/docs/faults.md`; `--recorded FILE` takes the first from a file that runs of those tests left, which they do
 * with CONTEXT_CACHE_FIGURES=FILE in their environment.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readFigures } from '../support/figures';
import type { FaultFigures } from '../support/figures';
import { projectRoot } from '../support/places';
import { run } from '../support/processes';
import { runMain, say } from '../support/say';
import { markdownTable } from './report';

const tests = ['test/unit/faults/*.test.ts', 'test/unit/cache/stress.test.ts', 'test/unit/cache/killed.test.ts'];
const page = path.join(projectRoot, 'media', 'docs', 'faults.md');
const marks = ['<!-- figures: written by npm run figures:sandboxes -- --write -->', '<!-- /figures -->'] as const;

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    recorded: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
});

async function main(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'context-cache-figures-'));
  try {
    const file = options.recorded ?? path.join(folder, 'faults.jsonl');
    if (options.recorded === undefined) {
      await runTests(file);
    }
    const link = await run('npx', ['tsx', 'test/bench/ssh.ts', '--rounds', options.rounds], {
      cwd: projectRoot,
      output: 'quiet',
    });
    const text = [faultTable(readFigures(file)), '', link.trim()].join('\n');
    say(text);
    if (options.write) {
      await writeIntoPage(text);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runTests(file: string): Promise<void> {
  const mocha = ['--no-config', '-r', 'tsx/cjs', '-r', './test/support/tokenTables.mjs', ...tests];
  await run('npx', ['mocha', ...mocha], {
    cwd: projectRoot,
    output: 'inherit',
    env: { ...process.env, CONTEXT_CACHE_FIGURES: file },
  });
}

function faultTable(rows: readonly FaultFigures[]): string {
  const header = [
    'what happens',
    'looks',
    'acknowledged',
    'reported as failed',
    'lost',
    'unreadable',
    'of others lost',
  ];
  // A test that ran again has its latest row.
  const latest = [...new Map(rows.map((row) => [row.fault, row])).values()];
  const cells = latest.map(({ fault, tries, acknowledged, reported, lost, unreadable, others, othersLost }) => [
    fault,
    ...[tries, acknowledged, reported, lost, unreadable].map(String),
    others === undefined ? '–' : `${othersLost ?? 0} of ${others}`,
  ]);
  return markdownTable(
    header,
    cells.toSorted(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}

async function writeIntoPage(text: string): Promise<void> {
  const before = await readFile(page, 'utf8');
  const [start, end] = marks.map((mark) => before.indexOf(mark)) as [number, number];
  if (start < 0 || end < start) {
    throw new Error(`${page} has no place for the figures.`);
  }
  const after = `${before.slice(0, start + marks[0].length)}\n\n${text}\n\n${before.slice(end)}`;
  await writeFile(page, after);
}

runMain(main);
