/**
 * `npm run bench:folders -- NAME=FOLDER …`: counts every text file below folders with our counter and with tiktoken, by
 * both encodings, as it is and through edits of an open document, and prints as Markdown what each folder came to. Ends
 * with 1 when anything differs. `--edits 10` for each file and encoding, `--limit 30` seconds for a file, after which
 * tiktoken is given up on it, `--output file.md` also writes.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, say, StepError } from '../support/say';
import type { FileResult, FileTask } from './folderSubject';
import { markdownTable } from './report';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    edits: { type: 'string', default: '10' },
    limit: { type: 'string', default: '30' },
    output: { type: 'string' },
  },
});

/** The sums of a folder. */
interface Sums {
  files: number;
  bytes: number;
  o200k: number;
  cl100k: number;
  edits: number;
  givenUp: string[];
  differences: string[];
}

type Outcome = FileResult | 'given up' | undefined;

/** A process that counts one file after another; a new one takes its place when it does not come back. */
class Subject {
  #child: ChildProcess | undefined;
  #tell: (outcome: Outcome) => void = () => undefined;

  /** Undefined when the file is no text, `given up` when it took longer than the limit or brought the process down. */
  async count(task: FileTask): Promise<Outcome> {
    const child = (this.#child ??= await this.#start());
    const limit = setTimeout(() => child.kill('SIGKILL'), Number(options.limit) * 1000);
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#tell = resolve;
      child.send(task);
    });
    clearTimeout(limit);
    return outcome;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(join(__dirname, 'folderSubject.ts'));
    const isReady = await Promise.race([
      once(child, 'message').then(() => true),
      once(child, 'close').then(() => false),
    ]);
    if (!isReady) {
      throw new StepError('The process that counts could not be started.');
    }
    child.on('message', ({ result }: { result?: FileResult }) => {
      this.#tell(result);
    });
    child.once('close', () => {
      this.#child = undefined;
      this.#tell('given up');
    });
    return child;
  }
}

async function main(): Promise<number> {
  if (positionals.length === 0) {
    throw new StepError('Give at least one folder: npm run bench:folders -- NAME=FOLDER …');
  }
  const subject = new Subject();
  const all: [name: string, sums: Sums][] = [];
  try {
    for (const argument of positionals) {
      const [folder, name] = argument.split('=').reverse() as [string, string | undefined];
      const label = name ?? basename(folder);
      const sums = await countFolder(subject, folder, label);
      process.stderr.write(`${label}: ${sums.files} files, ${sums.differences.length} differences\n`);
      all.push([label, sums]);
    }
  } finally {
    subject.stop();
  }
  const text = report(all);
  say(text);
  if (options.output !== undefined) {
    await writeFile(options.output, `${text}\n`);
  }
  return all.every(([, { differences }]) => differences.length === 0) ? 0 : 1;
}

async function countFolder(subject: Subject, folder: string, label: string): Promise<Sums> {
  const sums: Sums = { files: 0, bytes: 0, o200k: 0, cl100k: 0, edits: 0, givenUp: [], differences: [] };
  for (const [index, path] of (await filesBelow(folder)).entries()) {
    const name = `${label}/${relative(folder, path)}`;
    const result = await subject.count({ path, name, seed: index + 1, edits: Number(options.edits) });
    if (result === 'given up') {
      sums.givenUp.push(name);
    } else if (result !== undefined) {
      sums.files++;
      sums.bytes += result.bytes;
      sums.o200k += result.tokens['o200k_base']!;
      sums.cl100k += result.tokens['cl100k_base']!;
      sums.edits += result.edits;
      sums.differences.push(...result.differences);
    }
  }
  return sums;
}

/** Files below a folder in the order of their paths, links and Git's own not among them. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => name !== '.git')
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
      }),
  );
  return found.flat();
}

function report(all: readonly (readonly [name: string, sums: Sums])[]): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const cells = ({ files, bytes, o200k, cl100k, edits, givenUp, differences }: Sums): string[] => [
    number(files),
    (bytes / 1e6).toFixed(1),
    number(o200k),
    number(cl100k),
    number(edits),
    number(givenUp.length),
    number(differences.length),
  ];
  const rows = all.map(([name, sums]) => [name, ...cells(sums)]);
  const total: Sums = { files: 0, bytes: 0, o200k: 0, cl100k: 0, edits: 0, givenUp: [], differences: [] };
  for (const [, sums] of all) {
    for (const key of ['files', 'bytes', 'o200k', 'cl100k', 'edits'] as const) {
      total[key] += sums[key];
    }
    total.givenUp.push(...sums.givenUp);
    total.differences.push(...sums.differences);
  }
  const header = [
    'folder',
    'text files',
    'MB',
    'o200k_base',
    'cl100k_base',
    'edits',
    'tiktoken gave up',
    'differences',
  ];
  const lists = [...total.givenUp.map((name) => `tiktoken gave up: ${name}`), ...total.differences];
  return [
    `Printed by \`npm run bench:folders\`, with ${options.edits} edits of each file by either encoding. Tokens are ` +
      'tiktoken’s. Compared are all tokens of each file and of what the edits lead to, the counts of both, what the open ' +
      'document says of them, and its count after each edit with a full count.\n',
    markdownTable(header, [...rows, ['**all**', ...cells(total)]]),
    ...lists.map((line) => `- ${line}`),
  ].join('\n');
}

runMain(main);
