/**
 * `npm run figures:sandboxes`: runs the tests of faults and of contention with more tries than usual, measures a cache
 * behind a slow SSH link in `--rounds 3`, and prints both as Markdown tables. `--write` puts them into
 * `media/docs/faults.md` when every part has come to its end. Each part has a time limit, and what it measured stays in
 * `out/figures/`: `--recorded FILE` takes the figures of the tests from such a file instead of running them.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readFigures } from '../support/figures';
import type { FaultFigures } from '../support/figures';
import { projectRoot } from '../support/places';
import { run } from '../support/processes';
import { runMain, say } from '../support/say';
import { markdownTable } from './report';

/** Each with the minutes after which it is given up; on a quiet machine with two cores all take less than fifteen. */
const parts: readonly (readonly [file: string, minutes: number])[] = [
  ['test/unit/faults/brokenLinks.test.ts', 8],
  ['test/unit/faults/garbage.test.ts', 8],
  ['test/unit/faults/places.test.ts', 5],
  ['test/unit/cache/stress.test.ts', 5],
  ['test/unit/cache/killed.test.ts', 5],
];
const linkMinutes = 8;
const minuteMs = 60_000;
const results = path.join(projectRoot, 'out', 'figures');
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
  await mkdir(results, { recursive: true });
  const file = options.recorded ?? path.join(results, 'faults.jsonl');
  const failures = options.recorded === undefined ? await runTests(file) : [];
  const linkFile = path.join(results, 'link.md');
  await attempt('test/bench/ssh.ts', failures, async () => {
    // Without npx in between: a limit ends the process that is started, and nothing below it.
    const bench = ['--import', 'tsx', 'test/bench/ssh.ts', '--rounds', options.rounds];
    const link = await run(process.execPath, bench, {
      cwd: projectRoot,
      output: 'quiet',
      timeoutMs: linkMinutes * minuteMs,
    });
    await writeFile(linkFile, link);
  });
  const link = existsSync(linkFile) ? await readFile(linkFile, 'utf8') : '';
  const text = [faultTable(existsSync(file) ? readFigures(file) : []), '', link.trim()].join('\n');
  say(text);
  if (failures.length > 0) {
    say(`\nNot measured to the end: ${failures.join(', ')}. What was measured is in ${results}.`);
    return 1;
  }
  if (options.write) {
    await writeIntoPage(text);
  }
  return 0;
}

/** One part after the other, so that none disturbs another one's figures. Returns those that did not come to their end. */
async function runTests(file: string): Promise<string[]> {
  await rm(file, { force: true });
  const failures: string[] = [];
  for (const [test, minutes] of parts) {
    await attempt(test, failures, async () => {
      const mocha = [
        'node_modules/mocha/bin/_mocha',
        '--no-config',
        '-r',
        'tsx/cjs',
        '-r',
        './test/support/tokenTables.mjs',
        '--exit',
        test,
      ];
      await run(process.execPath, mocha, {
        cwd: projectRoot,
        output: 'inherit',
        env: { ...process.env, CONTEXT_CACHE_FIGURES: file },
        timeoutMs: minutes * minuteMs,
      });
    });
  }
  return failures;
}

async function attempt(part: string, failures: string[], work: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await work();
    say(`${part}: ${Math.round((performance.now() - started) / 1000)} s`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    failures.push(part);
  }
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
