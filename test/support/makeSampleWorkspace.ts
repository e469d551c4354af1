/** Replaces the folder named by the argument with a fresh copy of the sample workspace, for trying things out. */
import path from 'node:path';
import { outFolder, removeFolder } from './places';
import { runMain, say, StepError } from './say';
import { copyWorkspace, sampleWorkspace } from './workspaceCopy';

async function main(): Promise<number> {
  const [target = path.join(outFolder, sampleWorkspace)] = process.argv.slice(2);
  const folder = path.resolve(target);
  if (!folder.startsWith(outFolder + path.sep)) {
    throw new StepError(`The folder is replaced, so it has to lie in ${outFolder}.`);
  }
  await removeFolder(folder);
  await copyWorkspace(sampleWorkspace, folder);
  say(`A fresh sample workspace is in ${folder}`);
  return 0;
}

runMain(main);
