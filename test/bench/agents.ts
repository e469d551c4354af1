/**
 * `npm run bench:agents`: what an agent and a build wait for. `get_instruction` over standard input and output, beside
 * servers of the same SDK that answer a constant and an answer of the same size; `check` on a repository of many
 * folders, beside Git listing it and beside reading and counting the same instruction files with tiktoken. The rounds
 * are interleaved. `--calls 200`, `--files 200000`, `--instructions 2000`, `--rounds 5`, `--output file.md` also
 * writes. Prints medians and ratios as Markdown.
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { runMain, say } from '../support/say';
import { duration, markdownTable, median, ratio } from './report';

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '200' },
    files: { type: 'string', default: '200000' },
    instructions: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    output: { type: 'string' },
  },
});
const calls = Number(options.calls);
const rounds = Number(options.rounds);
const warmUps = 50;
const repository = join(__dirname, '..', '..');
const run = promisify(execFile);

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  try {
    const cli = await bundle(folder);
    const report = [
      '# Doors for agents and builds',
      '',
      `\`npm run bench:agents\`, Node ${process.versions.node.split('.')[0]!}, ${cpus().length} cores; medians of ${rounds} rounds of ${calls} calls, one after the other for each server. A call goes from the client's request to its answer, both in JSON over pipes. The ratio is taken within each round, and its median is shown.`,
      '',
      await latencyTable(folder, cli),
      '',
      await checkTable(folder, cli),
    ].join('\n');
    say(report);
    if (options.output !== undefined) {
      await writeFile(options.output, `${report}\n`);
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command line as it is shipped, where it finds the package and the token tables. */
async function bundle(folder: string): Promise<string> {
  const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'silent' } as const;
  const cli = join(repository, 'out', 'bench', 'bin', 'cli.js');
  await build({ ...common, minify: true, entryPoints: [join(repository, 'src/cli/main.ts')], outfile: cli });
  await build({
    ...common,
    minify: true,
    stdin: { contents: constantServer, resolveDir: repository, loader: 'ts' },
    outfile: join(folder, 'constant.js'),
  });
  return cli;
}

/** Answers what is in a file in place of a constant, where one is named: the cost of the protocol alone. */
const constantServer = `
import { readFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
const file = process.argv[2];
const answer = file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8'));
serveStdio(() => {
  const server = new McpServer({ name: 'constant', version: '1' }, { capabilities: { tools: {} } });
  server.registerTool('get_instruction', { inputSchema: z.object({ tag: z.string() }) }, () => answer === undefined
    ? { content: [{ type: 'text', text: 'constant' }] }
    : { content: [{ type: 'text', text: JSON.stringify(answer, null, 2) }], structuredContent: answer });
  return server;
});`;

async function latencyTable(folder: string, cli: string): Promise<string> {
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, '.iris', 'kv-cache'), { recursive: true });
  const home = { ...definedEnv(), CONTEXT_CACHE_HOME: join(folder, 'home') };
  await run(process.execPath, [cli, 'cache', 'seed', '--source', workspace, '--yes'], { env: home });
  const sandbox = [cli, 'mcp', '--source', workspace];
  const answer = join(folder, 'answer.json');
  await withClient(sandbox, folder, home, async (client) => {
    const { structuredContent } = await client.callTool(call);
    await writeFile(answer, JSON.stringify(structuredContent));
  });
  const servers = [
    { name: 'a constant', args: [join(folder, 'constant.js')] },
    { name: 'a constant of the same size', args: [join(folder, 'constant.js'), answer] },
    { name: 'from the sandbox', args: sandbox },
    { name: 'from the library', args: [cli, 'mcp', '--library', join(repository, 'instructions')] },
  ];
  const times = new Map<string, number[][]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, args } of servers) {
      times.get(name)!.push(await withClient(args, folder, home, roundTrips));
    }
  }
  const [constant, sameSize] = servers.map(({ name }) => times.get(name)!.map(median));
  const rows = servers.map(({ name }) => {
    const own = times.get(name)!;
    const sorted = own.flat().toSorted((a, b) => a - b);
    return [
      name,
      duration(median(own.map(median))),
      duration(sorted[Math.floor(sorted.length * 0.99)]),
      timesAsLong(own.map(median), constant!),
      timesAsLong(own.map(median), sameSize!),
    ];
  });
  const header = ['`get_instruction` over stdio', 'median', '99th percentile', 'to a constant', 'to the same size'];
  return markdownTable(header, rows);
}

/** The median of the ratios of rounds, such as `1.7 ×`. */
function timesAsLong(own: readonly (number | undefined)[], base: readonly (number | undefined)[]): string {
  return ratio(median(own.map((value, round) => value! / base[round]!)), 1);
}

const call = { name: 'get_instruction', arguments: { tag: 'research' } };

async function withClient<Result>(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [...args], cwd, env, stderr: 'ignore' }),
  );
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function roundTrips(client: Client): Promise<number[]> {
  const times: number[] = [];
  for (let turn = -warmUps; turn < calls; turn += 1) {
    const start = performance.now();
    await client.callTool(call);
    if (turn >= 0) {
      times.push(performance.now() - start);
    }
  }
  return times;
}

const plainName = 'find the same files and count them with tiktoken';

async function checkTable(folder: string, cli: string): Promise<string> {
  const project = join(folder, 'project');
  await makeRepository(project, Number(options.files), Number(options.instructions));
  const env = { ...process.env, CONTEXT_CACHE_HOME: join(folder, 'home-check') };
  const counter = join(repository, 'test', 'bench', 'countPlainly.mjs');
  const commands: readonly (readonly [name: string, command: () => Promise<unknown>])[] = [
    ['`git ls-files`', async () => run('git', ['ls-files'], { cwd: project, maxBuffer: 1 << 28 })],
    [plainName, async () => run(process.execPath, [counter, project], { maxBuffer: 1 << 28 })],
    [
      '`context-cache check`, first time',
      async () => rm(env.CONTEXT_CACHE_HOME, { recursive: true, force: true }).then(check),
    ],
    ['`context-cache check`, again', check],
  ];
  async function check(): Promise<unknown> {
    try {
      return await run(process.execPath, [cli, 'check', project, '--json'], { env, maxBuffer: 1 << 28 });
    } catch (error) {
      // 1 = there are findings.
      if ((error as { code?: unknown }).code !== 1) {
        throw error;
      }
      return undefined;
    }
  }
  const times = new Map<string, number[]>(commands.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, command] of commands) {
      const start = performance.now();
      await command();
      times.get(name)!.push(performance.now() - start);
    }
  }
  const plain = times.get(plainName)!;
  const rows = commands.map(([name]) => [
    name,
    duration(median(times.get(name)!)),
    timesAsLong(times.get(name)!, plain),
  ]);
  const title = `${options.instructions} instruction files among ${options.files} others`;
  return markdownTable([title, 'median', 'to the plain count'], rows);
}

/** Packages with sources and an AGENTS.md in some of them, committed, as a large repository has them. */
async function makeRepository(project: string, files: number, instructions: number): Promise<void> {
  const perFolder = 20;
  const folders = Math.ceil(files / perFolder);
  const instructed = Math.max(1, Math.floor(folders / instructions));
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(project, `area${folder % 50}`, `package${folder}`);
    await mkdir(path, { recursive: true });
    const writes = Array.from({ length: perFolder }, async (_, file) =>
      writeFile(join(path, `source${file}.ts`), 'export {};\n'),
    );
    if (folder % instructed === 0) {
      writes.push(writeFile(join(path, 'AGENTS.md'), instructionText(folder)));
    }
    await Promise.all(writes);
  }
  await run('git', ['init', '-q'], { cwd: project });
  await run('git', ['add', '-A'], { cwd: project, maxBuffer: 1 << 28 });
}

function instructionText(number: number): string {
  const rules = Array.from({ length: 60 }, (_, rule) => `- Rule ${rule} of package ${number}: say what you changed.\n`);
  return `# Package ${number}\n\n${rules.join('')}`;
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

runMain(main);
