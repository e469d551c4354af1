/**
 * `npm run test:nightly`: the long form of every test that has one, each file in a process of its own, one at a time.
 * Names choose among the files: `npm run test:nightly -- equality document`.
 */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from './places';
import { run } from './processes';
import { StepError, runMain, say } from './say';

const testsFolder = path.join(projectRoot, 'test', 'unit');

async function main(): Promise<number> {
  const files = await chosenFiles(process.argv.slice(2));
  const failed: string[] = [];
  for (const file of files) {
    say(`\n${path.relative(projectRoot, file)}, begun at ${new Date().toISOString()}`);
    try {
      await run(process.execPath, mochaArguments(file), {
        cwd: projectRoot,
        env: { ...process.env, CONTEXT_CACHE_NIGHTLY: '1' },
        output: 'inherit',
      });
    } catch (error) {
      if (!(error instanceof StepError)) {
        throw error;
      }
      failed.push(file);
    }
  }
  say(`\n${files.length - failed.length} files passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

/** Without the project's configuration, which names all files. */
function mochaArguments(file: string): string[] {
  const mocha = path.join(projectRoot, 'node_modules', 'mocha', 'bin', 'mocha.js');
  return [mocha, '--no-config', '--forbid-only', '-r', 'tsx/cjs', '-r', './test/support/tokenTables.mjs', file];
}

/** @throws StepError when a name is in no file's name */
async function chosenFiles(names: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const name of await readdir(testsFolder, { recursive: true })) {
    const file = path.join(testsFolder, name);
    if (name.endsWith('.test.ts') && /\bnightly\b/.test(await readFile(file, 'utf8'))) {
      files.push(file);
    }
  }
  const known = files.sort().map((file) => path.basename(file, '.test.ts'));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new StepError(`No test called ${unknown.join(', ')} has a long form; these have: ${known.join(', ')}.`);
  }
  return names.length === 0 ? files : files.filter((_, index) => names.includes(known[index]!));
}

runMain(main);
