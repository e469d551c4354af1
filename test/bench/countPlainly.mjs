// The baseline of `bench:agents`: walks a folder, and counts each AGENTS.md with tiktoken as a script would do it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { get_encoding } from 'tiktoken';

const encoding = get_encoding('o200k_base');
let tokens = 0;

async function walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== '.git') {
      await walk(join(folder, entry.name));
    } else if (entry.name === 'AGENTS.md') {
      tokens += encoding.encode_ordinary(await readFile(join(folder, entry.name), 'utf8')).length;
    }
  }
}

await walk(process.argv[2]);
encoding.free();
console.log(tokens);
