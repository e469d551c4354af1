/**
 * Runs all tests: the checks of the sources, then the levels from the quickest to the slowest, each even if one before
 * it failed. Names as arguments choose among them: `npm test -- unit e2e`. The last line printed is the sum.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from './places';
import { run } from './processes';
import { addResults, describeResults, readResults, resultsFile } from './results';
import type { Results } from './results';
import { runMain, say, StepError } from './say';

const checks: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ['types', 'node_modules/typescript/bin/tsc', '--noEmit'],
  ['lint', 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'],
  ['format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['dead code', 'node_modules/knip/bin/knip.js', '--no-progress'],
];

const levels: readonly (readonly [name: string, script: string])[] = [
  ['unit', 'runUnit.ts'],
  ['integration', 'runIntegration.ts'],
  ['e2e', 'runE2e.ts'],
  ['package', 'runPackage.ts'],
];

async function main(): Promise<number> {
  const chosen = process.argv.slice(2);
  const names = ['check', ...levels.map(([name]) => name)];
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new StepError(`There is no test level ${unknown.join(', ')}; there are ${names.join(', ')}.`);
  }
  const isChosen = (name: string): boolean => chosen.length === 0 || chosen.includes(name);
  const outcomes: (readonly [name: string, results: Results])[] = [];
  if (isChosen('check')) {
    outcomes.push(['check', await runChecks()]);
  }
  for (const [name, script] of levels.filter(([level]) => isChosen(level))) {
    outcomes.push([name, await runLevel(name, script)]);
  }
  say('');
  for (const [name, results] of outcomes) {
    say(`  ${name.padEnd(12)} ${describeResults(results)}`);
  }
  const sum = addResults(outcomes.map(([, results]) => results));
  say('');
  say(describeResults(sum));
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

/** Each check counts as one test. */
async function runChecks(): Promise<Results> {
  let failed = 0;
  for (const [name, script, ...args] of checks) {
    const worked = await succeeds(path.join(projectRoot, script), args);
    say(`${worked ? '✔' : '✖'} ${name}`);
    failed += worked ? 0 : 1;
  }
  return { passed: checks.length - failed, failed, skipped: 0 };
}

async function runLevel(name: string, script: string): Promise<Results> {
  say(`\n── ${name} ${'─'.repeat(60)}`);
  await rm(resultsFile(name), { force: true });
  const worked = await succeeds(path.join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs'), [
    path.join(__dirname, script),
  ]);
  const results = (await readResults(resultsFile(name))) ?? { passed: 0, failed: 0, skipped: 0 };
  // A level that ended badly without a failed test broke outside its tests, and that is a failure too.
  return !worked && results.failed === 0 ? { ...results, failed: 1 } : results;
}

async function succeeds(script: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(process.execPath, [script, ...args], { cwd: projectRoot, output: 'inherit' });
    return true;
  } catch (error) {
    if (error instanceof StepError) {
      say(error.message);
      return false;
    }
    throw error;
  }
}

runMain(main);
