/**
 * `npm run bench:agents`: what an agent and a build wait for. `get_instruction` over standard input and output, beside
 * a server of the same SDK that answers a constant; `check` on a repository of many folders, beside Git listing it and
 * beside reading and counting the same instruction files with tiktoken. `--calls 200`, `--files 200000`,
 * `--instructions 2000`, `--rounds 3`. Prints medians as Markdown.
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
    rounds: { type: 'string', default: '3' },
  },
});
const calls = Number(options.calls);
const rounds = Number(options.rounds);
const repository = join(__dirname, '..', '..');
const run = promisify(execFile);

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'context-cache-bench-'));
  try {
    const cli = await bundle(folder);
    say(await latencyTable(folder, cli));
    say('');
    say(await checkTable(folder, cli));
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

const constantServer = `
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
serveStdio(() => {
  const server = new McpServer({ name: 'constant', version: '1' }, { capabilities: { tools: {} } });
  server.registerTool('get_instruction', { inputSchema: z.object({ tag: z.string() }) }, () => ({
    content: [{ type: 'text', text: 'constant' }],
  }));
  return server;
});`;

async function latencyTable(folder: string, cli: string): Promise<string> {
  const workspace = join(folder, 'workspace');
  await mkdir(join(workspace, '.iris', 'kv-cache'), { recursive: true });
  const home = { ...definedEnv(), CONTEXT_CACHE_HOME: join(folder, 'home') };
  await run(process.execPath, [cli, 'cache', 'seed', '--source', workspace, '--yes'], { env: home });
  const servers = [
    { name: 'constant answer', args: [join(folder, 'constant.js')] },
    { name: 'from the sandbox', args: [cli, 'mcp', '--source', workspace] },
    { name: 'from the library', args: [cli, 'mcp', '--library', join(repository, 'instructions')] },
  ];
  const times = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, args } of servers) {
      times.get(name)!.push(...(await roundTrips(args, folder, home)));
    }
  }
  const base = median(times.get(servers[0]!.name)!);
  const rows = servers.map(({ name }) => {
    const sorted = times.get(name)!.toSorted((a, b) => a - b);
    const middle = median(sorted);
    return [name, duration(middle), duration(sorted[Math.floor(sorted.length * 0.99)]), ratio(middle, base)];
  });
  return markdownTable(['`get_instruction` over stdio', 'median', '99th percentile', 'against a constant'], rows);
}

async function roundTrips(args: readonly string[], cwd: string, env: Record<string, string>): Promise<number[]> {
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [...args], cwd, env, stderr: 'ignore' }),
  );
  const times: number[] = [];
  try {
    for (let call = -10; call < calls; call += 1) {
      const start = performance.now();
      await client.callTool({ name: 'get_instruction', arguments: { tag: 'research' } });
      if (call >= 0) {
        times.push(performance.now() - start);
      }
    }
  } finally {
    await client.close();
  }
  return times;
}

async function checkTable(folder: string, cli: string): Promise<string> {
  const project = join(folder, 'project');
  await makeRepository(project, Number(options.files), Number(options.instructions));
  const env = { ...process.env, CONTEXT_CACHE_HOME: join(folder, 'home-check') };
  const counter = join(repository, 'test', 'bench', 'countPlainly.mjs');
  const commands: readonly (readonly [name: string, command: () => Promise<unknown>])[] = [
    ['git ls-files', async () => run('git', ['ls-files'], { cwd: project, maxBuffer: 1 << 28 })],
    ['find and count with tiktoken', async () => run(process.execPath, [counter, project], { maxBuffer: 1 << 28 })],
    ['check, first time', async () => rm(env.CONTEXT_CACHE_HOME, { recursive: true, force: true }).then(check)],
    ['check, again', check],
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
  const plain = median(times.get('find and count with tiktoken')!);
  const rows = commands.map(([name]) => {
    const middle = median(times.get(name)!);
    return [name, duration(middle), ratio(plain, middle)];
  });
  const title = `${options.instructions} instruction files among ${options.files} others`;
  return markdownTable([title, 'median', 'faster than the plain count'], rows);
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
