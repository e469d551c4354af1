/** Runs the integration tests: bundles them, then opens one VS Code per profile and runs them in its extension host. */
import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { build } from 'esbuild';
import { toVariables } from '../integration/support/environment';
import { profiles } from '../integration/support/profiles';
import type { Profile } from '../integration/support/profiles';
import { makeExtensionSnapshot } from './extensionSnapshot';
import { findHost } from './host/findHost';
import type { Host } from './host/findHost';
import { projectRoot, withTemporaryFolder } from './places';
import { receiveReport } from './reportChannel';
import { addResults, finishLevel } from './results';
import type { Results } from './results';
import { runMain, say } from './say';
import { contributeTestModelVendor } from './testModelVendor';
import { writeSettingsFiles } from './settingsFiles';
import { userSettings } from './userSettings';
import { layOutWorkspace } from './workspaceCopy';

const testsFolder = path.join(projectRoot, 'test', 'integration');

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { grep: { type: 'string' }, profile: { type: 'string' } } });
  const files = (await readdir(testsFolder, { recursive: true })).filter((name) => name.endsWith('.test.ts'));
  const lost = files.filter((file) => !profiles.some(({ name }) => file.startsWith(name + path.sep)));
  if (lost.length > 0) {
    throw new Error(`No profile runs these tests: ${lost.join(', ')}`);
  }
  const chosen = profiles.filter(({ name }) => values.profile === undefined || values.profile === name);
  return withTemporaryFolder(async (folder) => {
    const extension = path.join(folder, 'extension');
    await makeExtensionSnapshot(extension);
    await contributeTestModelVendor(extension);
    await bundleTests(files, path.join(extension, 'out', 'integration'));
    const host = await findHost();
    const results: Results[] = [];
    for (const profile of chosen) {
      say(`\nIntegration tests, profile «${profile.name}», in ${host.description}`);
      results.push(await runProfile(profile, host, extension, path.join(folder, profile.name), values.grep));
    }
    return finishLevel('integration', addResults(results));
  });
}

async function bundleTests(files: readonly string[], outdir: string): Promise<void> {
  await build({
    entryPoints: [...files, path.join('support', 'run.ts')].map((file) => path.join(testsFolder, file)),
    outbase: testsFolder,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}

async function runProfile(
  profile: Profile,
  host: Host,
  extension: string,
  folder: string,
  grep: string | undefined,
): Promise<Results> {
  const userData = path.join(folder, 'user-data');
  const pristine = path.join(folder, 'pristine');
  const { toOpen } = await layOutWorkspace(profile.fixtures, path.join(folder, 'workspace'));
  await cp(path.join(folder, 'workspace'), pristine, { recursive: true });
  await writeSettingsFiles(userData, userSettings(profile.trusted, profile.settings));
  const report = await receiveReport(say);
  let crash: unknown;
  try {
    await runTests({
      vscodeExecutablePath: profile.trusted ? host.executable : host.restrictedExecutable,
      extensionDevelopmentPath: extension,
      extensionTestsPath: path.join(extension, 'out', 'integration', 'support', 'run.js'),
      launchArgs: [toOpen, `--user-data-dir=${userData}`],
      extensionTestsEnv: {
        ...toVariables({ profile: profile.name, pristine, reportPort: report.port, projectRoot, grep }),
        CONTEXT_CACHE_HOME: path.join(folder, 'home'),
      },
    });
  } catch (error) {
    if (!(error instanceof TestRunFailedError)) {
      throw error;
    }
    crash = error;
  }
  const results = await report.close();
  if (results === undefined) {
    say(`The tests of profile «${profile.name}» came to no result: ${String(crash)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  return results;
}

runMain(main);
