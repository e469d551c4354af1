/** Runs the end-to-end tests: one web host and one browser for all, the real workbench, used as a user would. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { TestHost } from '../e2e/support/testHost';
import { rootHooks } from '../e2e/support/useWorkbench';
import { makeExtensionSnapshot } from './extensionSnapshot';
import { runMocha } from './mochaRun';
import { projectRoot, withTemporaryFolder } from './places';
import { finishLevel } from './results';
import { runMain, say } from './say';

const testsFolder = path.join(projectRoot, 'test', 'e2e');

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { grep: { type: 'string' } } });
  const files = (await readdir(testsFolder, { recursive: true }))
    .filter((name) => name.endsWith('.e2e.ts'))
    .sort()
    .map((name) => path.join(testsFolder, name));
  return withTemporaryFolder(async (folder) => {
    const extension = path.join(folder, 'extension');
    await makeExtensionSnapshot(extension);
    const host = await TestHost.start(folder, { folder: extension });
    try {
      const results = await runMocha(Mocha, {
        files,
        grep: values.grep,
        timeoutMs: 90_000,
        print: say,
        rootHooks: rootHooks(host),
      });
      return await finishLevel('e2e', results);
    } finally {
      await host.stop();
    }
  });
}

runMain(main);
