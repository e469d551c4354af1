/** Runs the unit tests as `npx mocha` does, and leaves their results for the run of all levels. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { runMocha } from './mochaRun';
import { projectRoot } from './places';
import { finishLevel } from './results';
import { runMain, say } from './say';

const testsFolder = path.join(projectRoot, 'test', 'unit');

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { grep: { type: 'string' } } });
  await import('./tokenTables.mjs');
  const files = (await readdir(testsFolder, { recursive: true }))
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => path.join(testsFolder, name));
  return finishLevel('unit', await runMocha(Mocha, { files, grep: values.grep, timeoutMs: 20_000, print: say }));
}

runMain(main);
