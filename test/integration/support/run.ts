/** The module that the extension host runs: runs the test files of one profile and reports on them. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type MochaClass from 'mocha';
import { runMocha } from '../../support/mochaRun';
import { openReport } from '../../support/reportChannel';
import { testEnvironment } from './environment';

/** Called by VS Code; a rejection makes its exit code non-zero. */
export async function run(): Promise<void> {
  const environment = testEnvironment();
  const report = await openReport(environment.reportPort);
  const folder = path.join(__dirname, '..', environment.profile);
  const files = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => path.join(folder, name));
  // The tests lie outside the checkout, so mocha is found from the checkout's own folder.
  const Mocha = createRequire(path.join(environment.projectRoot, 'package.json'))('mocha') as typeof MochaClass;
  const results = await runMocha(Mocha, {
    files,
    grep: environment.grep,
    timeoutMs: 30_000,
    print: (text) => {
      report.print(text);
    },
  });
  await report.finish(results);
  if (results.failed > 0) {
    throw new Error(`${results.failed} tests failed.`);
  }
}
