/**
 * `npm run bench:workspaces`: loading the extension, indexing 2,000 instruction files and listing a cache of 5,000
 * entries, each beside what the same costs by the plainest means in the same run. `--rounds 5`, `--files 2000`,
 * `--entries 5000`. Prints medians as Markdown.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { get_encoding } from 'tiktoken';
import { fingerprintOf } from '../../src/core/cache/fingerprint';
import { IndexDocument } from '../../src/core/cache/indexDocument';
import { derivedPath } from '../../src/core/cache/scopes';
import { readSnapshot } from '../../src/core/cache/snapshot';
import { ValueHashCache } from '../../src/core/cache/valueHashes';
import { indexInstructions } from '../../src/core/instructions/instructionIndex';
import type { InstructionIndex } from '../../src/core/instructions/instructionIndex';
import { nodeInstructionFiles } from '../../src/core/instructions/nodeFiles';
import { TokenCounts } from '../../src/core/instructions/tokenCounts';
import { systemClock } from '../../src/core/ports';
import { FolderTree } from '../../src/core/sources/folderTree';
import { createTokenCounter } from '../../src/core/tokens/localCounter';
import { buildTokenTables } from '../../src/build/tokenTables.mjs';
import { makeExtensionSnapshot } from '../support/extensionSnapshot';
import { withTemporaryFolder } from '../support/places';
import { runMain, say } from '../support/say';
import { workspaceTexts } from './corpus';
import { duration, markdownTable, median, ratio } from './report';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    files: { type: 'string', default: '2000' },
    entries: { type: 'string', default: '5000' },
  },
});
const rounds = Number(options.rounds);
const fileCount = Number(options.files);
const entryCount = Number(options.entries);
const run = promisify(execFile);

/** Times by row, in the order in which the rows came; the first row of a section is what the others are set against. */
class Section {
  readonly #title: string;
  readonly #times = new Map<string, number[]>();

  constructor(title: string) {
    this.#title = title;
  }

  async measure(row: string, work: () => Promise<unknown>): Promise<void> {
    const begin = performance.now();
    await work();
    this.add(row, performance.now() - begin);
  }

  add(row: string, ms: number): void {
    this.#times.set(row, [...(this.#times.get(row) ?? []), ms]);
  }

  print(): void {
    const rows = [...this.#times].map(([row, times]) => [row, median(times)] as const);
    const baseline = rows[0]?.[1];
    const cells = rows.map(([row, ms]) => [row, duration(ms), ratio(ms, baseline)]);
    say(`## ${this.#title}\n\n${markdownTable(['what', 'time', 'to the first row'], cells)}\n`);
  }
}

async function main(): Promise<number> {
  return withTemporaryFolder(async (folder) => {
    say(`# Workspaces, measured\n\nMedians of ${rounds} rounds, the rows in turn.\n`);
    await loading(folder);
    await indexing(folder);
    await listing(folder);
    return 0;
  });
}

/** The editor's API is a stand-in: what is measured is reading and running the bundle, in a process of its own. */
async function loading(folder: string): Promise<void> {
  const extension = path.join(folder, 'extension');
  await makeExtensionSnapshot(extension);
  const empty = path.join(folder, 'empty.cjs');
  await writeFile(empty, 'exports.activate = () => undefined;\n');
  const section = new Section('Loading the extension');
  for (let round = 0; round < rounds; round++) {
    section.add('an empty extension', await loadTime(empty));
    section.add('Context Cache', await loadTime(path.join(extension, 'dist', 'extension.js')));
    section.add('tiktoken alone', await loadTime(require.resolve('tiktoken')));
  }
  section.print();
}

const measureLoad = `
  const Module = require('node:module');
  const load = Module._load;
  const anything = () => new Proxy(class {}, { get: (_, name) => (name === 'prototype' ? {} : anything()) });
  Module._load = (request, ...rest) => (request === 'vscode' ? anything() : load(request, ...rest));
  const begin = performance.now();
  require(process.argv[1]);
  process.stdout.write(String(performance.now() - begin));
`;

async function loadTime(file: string): Promise<number> {
  return Number((await run(process.execPath, ['-e', measureLoad, file])).stdout);
}

async function indexing(folder: string): Promise<void> {
  const workspace = path.join(folder, 'workspace');
  const texts = workspaceTexts().slice(0, fileCount);
  await Promise.all(
    texts.map(async (text, index) => {
      const place = path.join(workspace, `package-${index}`);
      await mkdir(place, { recursive: true });
      await writeFile(path.join(place, 'AGENTS.md'), text);
    }),
  );
  const tables = path.join(folder, 'tables');
  await buildTokenTables(tables);
  const section = new Section(`Indexing ${fileCount} instruction files`);
  for (let round = 0; round < rounds; round++) {
    await section.measure('reading them and counting with tiktoken, no index', async () => {
      const encoding = get_encoding('o200k_base');
      for (const entry of await readdir(workspace)) {
        encoding.encode_ordinary(await readFile(path.join(workspace, entry, 'AGENTS.md'), 'utf8'));
      }
      encoding.free();
    });
    const dataFolder = path.join(folder, `data-${round}`);
    // The table is expanded once per machine, not per workspace.
    await createTokenCounter({ tablesFolder: tables, dataFolder }).encoder('o200k_base');
    const index = async (previous?: InstructionIndex): Promise<InstructionIndex> => {
      const counter = createTokenCounter({ tablesFolder: tables, dataFolder });
      const built = await indexInstructions({
        roots: [{ id: 'w', kind: 'workspace', label: 'workspace', files: nodeInstructionFiles(workspace) }],
        counts: new TokenCounts(counter, 'o200k_base'),
        previous,
      });
      if (built.files.length !== texts.length) {
        throw new Error(`${built.files.length} of ${texts.length} files were indexed.`);
      }
      return built;
    };
    let first: InstructionIndex | undefined;
    await section.measure('Context Cache, first start', async () => {
      first = await index();
    });
    await section.measure('Context Cache, second start', async () => index());
    await section.measure('Context Cache, refresh with nothing changed', async () => index(first));
  }
  section.print();
}

async function listing(folder: string): Promise<void> {
  const root = path.join(folder, 'kv-cache');
  await writeCache(root, entryCount);
  const section = new Section(`Listing a cache of ${entryCount} entries`);
  for (let round = 0; round < rounds; round++) {
    await section.measure('readdir, stat and hash of every file', async () => {
      const artifacts = path.join(root, 'artifacts');
      for (const name of await readdir(artifacts)) {
        await stat(path.join(artifacts, name));
        createHash('sha256')
          .update(await readFile(path.join(artifacts, name)))
          .digest();
      }
    });
    const hashes = new ValueHashCache();
    const read = async (verifyValues: boolean): Promise<void> => {
      const { scopes } = await readSnapshot(new FolderTree(root), { clock: systemClock, verifyValues, hashes });
      const found = scopes.reduce((sum, scope) => sum + scope.entries.length, 0);
      if (found !== entryCount) {
        throw new Error(`${found} of ${entryCount} entries were listed.`);
      }
    };
    await section.measure('Context Cache, rows of the tree', async () => read(false));
    await section.measure('Context Cache, every value verified', async () => read(true));
    await section.measure('Context Cache, verified again', async () => read(true));
  }
  section.print();
}

async function writeCache(root: string, count: number): Promise<void> {
  await mkdir(path.join(root, 'artifacts'), { recursive: true });
  const index = new IndexDocument();
  for (let number = 0; number < count; number++) {
    const key = `value_${number}`;
    const bytes = Buffer.from(`value ${number} ${'lorem ipsum '.repeat(number % 200)}`);
    await writeFile(path.join(root, 'artifacts', key), bytes);
    index.put(key, {
      originalKey: key,
      path: derivedPath('artifacts', key),
      contentType: 'text/plain',
      sizeBytes: bytes.byteLength,
      fingerprint: fingerprintOf(bytes),
      createdAt: '2025-11-12T09:00:00',
      expiresAt: null,
      ttlHours: 48,
      metadata: new Map(),
    });
  }
  await writeFile(path.join(root, 'artifacts', '_index.json'), index.print());
}

runMain(main);
