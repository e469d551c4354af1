/** `npm run docs`: writes the tables of the README and the docs that come from the code and from results. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writtenPages } from './docsTables';
import { projectRoot } from './places';
import { runMain } from './say';

runMain(async () => {
  for (const [page, text] of await writtenPages()) {
    await writeFile(join(projectRoot, page), text);
  }
  return 0;
});
