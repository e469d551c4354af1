/** Packages the extension as it would be published, installs the package elsewhere and tests what is there. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { TestHost } from '../e2e/support/testHost';
import { rootHooks } from '../e2e/support/useWorkbench';
import { runMocha } from './mochaRun';
import { projectRoot, withTemporaryFolder } from './places';
import { run } from './processes';
import { finishLevel } from './results';
import { runMain, say } from './say';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { grep: { type: 'string' } } });
  return withTemporaryFolder(async (folder) => {
    const vsix = path.join(folder, 'context-cache.vsix');
    say('Packaging …');
    await run('npm', ['run', 'package', '--', '--out', vsix], { cwd: projectRoot, output: 'quiet' });
    const hostFolder = path.join(folder, 'host');
    await mkdir(hostFolder);
    const host = await TestHost.start(hostFolder, { vsix });
    try {
      const results = await runMocha(Mocha, {
        files: ['vsix.test.ts', 'mcpClients.test.ts'].map((name) => path.join(projectRoot, 'test', 'package', name)),
        grep: values.grep,
        timeoutMs: 90_000,
        print: say,
        rootHooks: rootHooks(host),
      });
      return await finishLevel('package', results);
    } finally {
      await host.stop();
    }
  });
}

runMain(main);
