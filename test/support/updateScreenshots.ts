/** Takes the pictures of the README and the docs anew in the real workbench. The only test tool that writes to tracked files. */
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { outFolder, projectRoot } from './places';
import { run } from './processes';
import { runMain, say, StepError } from './say';

/** Those of the README have a group of their own; a page of the docs shows what the tests of its subject see. */
const testsWithPictures = 'Pictures of the README|A namespace of Workers KV';

async function main(): Promise<number> {
  const docs = path.join(projectRoot, 'media', 'docs');
  const pages = [path.join(projectRoot, 'README.md'), ...(await readdir(docs)).map((name) => path.join(docs, name))];
  const texts = await Promise.all(pages.map(async (page) => readFile(page, 'utf8')));
  const shown = texts.flatMap((text) => [...text.matchAll(/\((?:media|\.\.)\/screenshots\/([\w-]+\.png)\)/g)]);
  const names = [...new Set(shown.map(([, name = '']) => name))];
  const taken = path.join(outFolder, 'screenshots');
  for (const name of names) {
    await rm(path.join(taken, name), { force: true });
  }
  await run(
    process.execPath,
    [
      path.join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
      path.join(__dirname, 'runE2e.ts'),
      ...['--grep', testsWithPictures],
    ],
    { cwd: projectRoot, output: 'inherit' },
  );
  const target = path.join(projectRoot, 'media', 'screenshots');
  await mkdir(target, { recursive: true });
  for (const name of names) {
    try {
      await copyFile(path.join(taken, name), path.join(target, name));
    } catch (error) {
      throw new StepError(`A page shows ${name}, but no test took it: ${String(error)}`);
    }
    say(`media/screenshots/${name}`);
  }
  return 0;
}

runMain(main);
