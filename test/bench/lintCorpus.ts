/**
 * Lints every prompt and instruction file below some folders and prints how often each rule speaks, so that its false
 * alarms can be read and counted: `npx tsx test/bench/lintCorpus.ts [--list] FOLDER…`. Text files count as prompts, whose
 * templates a program fills in; Markdown counts as instructions.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { lintText } from '../../src/core/prompts/lint/lintText';
import { lintRules, ruleIds } from '../../src/core/prompts/lint/rules';

const linted = /\.(?:md|mdc|txt)$|\.cursorrules$/i;
const aboutTheProject = /^(?:readme|license|contributing|changelog|code_of_conduct|security)\b/i;

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && linted.test(entry.name) && !aboutTheProject.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function main(): Promise<void> {
  const list = process.argv.includes('--list');
  const folders = process.argv.slice(2).filter((argument) => argument !== '--list');
  const hits = new Map<string, { findings: number; files: Set<string> }>();
  let count = 0;
  for (const file of (await Promise.all(folders.map(filesBelow))).flat()) {
    const text = await readFile(file, 'utf8');
    count++;
    for (const { id, message, range } of lintText({
      text,
      kind: file.endsWith('.txt') ? 'prompt' : 'instruction',
      location: file,
    })) {
      const hit = hits.get(id) ?? { findings: 0, files: new Set() };
      hits.set(id, { findings: hit.findings + 1, files: hit.files.add(file) });
      if (list) {
        process.stdout.write(`${file}:${(range?.startLine ?? 0) + 1}: ${id} ${message}\n`);
      }
    }
  }
  const total = [...hits.values()].reduce((sum, { findings }) => sum + findings, 0);
  process.stdout.write(`${count} files, ${total} findings\n`);
  for (const id of ruleIds) {
    const hit = hits.get(id);
    if (hit !== undefined) {
      process.stdout.write(`${id}: ${hit.findings} in ${hit.files.size} files (${lintRules[id].title})\n`);
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
