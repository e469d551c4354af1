/** Takes the pictures of the README anew in the real workbench. The only test tool that writes to tracked files. */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { outFolder, projectRoot } from './places';
import { run } from './processes';
import { runMain, say, StepError } from './say';

async function main(): Promise<number> {
  const readme = await readFile(path.join(projectRoot, 'README.md'), 'utf8');
  const names = [...readme.matchAll(/\(media\/screenshots\/([\w-]+\.png)\)/g)].map(([, name = '']) => name);
  const taken = path.join(outFolder, 'screenshots');
  for (const name of names) {
    await rm(path.join(taken, name), { force: true });
  }
  await run(
    process.execPath,
    [
      path.join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
      path.join(__dirname, 'runE2e.ts'),
      ...['--grep', 'Pictures of the README'],
    ],
    { cwd: projectRoot, output: 'inherit' },
  );
  const target = path.join(projectRoot, 'media', 'screenshots');
  await mkdir(target, { recursive: true });
  for (const name of names) {
    try {
      await copyFile(path.join(taken, name), path.join(target, name));
    } catch (error) {
      throw new StepError(`The README shows ${name}, but no test took it: ${String(error)}`);
    }
    say(`media/screenshots/${name}`);
  }
  return 0;
}

runMain(main);
