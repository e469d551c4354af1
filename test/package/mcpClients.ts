/** MCP clients of others, each started anew for the server that it is to talk to. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { clientEnvironment, installTestClients } from '../support/host/testClients';
import { installWebHost } from '../support/host/webHostFiles';
import { StepError } from '../support/say';

/** The revisions of the protocol: those up to 2025, and that of 2026. */
export const eras = ['legacy', 'modern'] as const;
export type Era = (typeof eras)[number];

export interface ListedTool {
  readonly name: string;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
}

export interface ToolAnswer {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: unknown;
  readonly content: readonly unknown[];
}

export interface ReadContent {
  readonly uri: string;
  readonly mimeType?: string | undefined;
  readonly text?: string;
}

/** What every client can do; each method sends the request of the protocol that it is named for. */
export interface McpClientOfOthers {
  listTools(): Promise<readonly ListedTool[]>;
  callTool(name: string, input: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
  listResources(): Promise<readonly { readonly uri: string }[]>;
  listResourceTemplates(): Promise<readonly { readonly uriTemplate: string }[]>;
  readResource(uri: string): Promise<readonly ReadContent[]>;
  close(): Promise<void>;
}

/** A server that is started as `node ...args`. */
export interface StartedServer {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** An existing folder, which is the client's home too. */
  readonly folder: string;
}

/** The client of the official SDK, over one connection. A person who is asked says yes. */
export async function officialSdk({ args, env, folder }: StartedServer, era: Era): Promise<McpClientOfOthers> {
  const client = new Client(
    { name: 'package-test', version: '1' },
    {
      versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
      capabilities: { elicitation: { form: {} } },
    },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirm: true } }));
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...args],
      cwd: folder,
      env: { ...env },
      stderr: 'ignore',
    }),
  );
  return {
    listTools: async () => (await client.listTools()).tools,
    callTool: async (name, input) => client.callTool({ name, arguments: input }),
    listResources: async () => (await client.listResources()).resources,
    listResourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    close: async () => client.close(),
  };
}

/** The inspector's command line, which connects anew for each request. Installs it where it is missing. */
export async function inspector(server: StartedServer, era: Era): Promise<McpClientOfOthers> {
  const run = await inspectorCommand(server);
  const ask = async <T>(...request: readonly string[]): Promise<T> => {
    const { code, stdout, stderr } = await run('--protocol-era', era, '--method', ...request);
    if (stdout === '') {
      throw new StepError(`The inspector ended with code ${code}.\n${stderr}`);
    }
    return (JSON.parse(stdout) as { readonly result: T }).result;
  };
  return {
    listTools: async () => (await ask<{ tools: ListedTool[] }>('tools/list')).tools,
    callTool: async (name, input) =>
      ask<ToolAnswer>('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(input)),
    listResources: async () => (await ask<{ resources: { uri: string }[] }>('resources/list')).resources,
    listResourceTemplates: async () =>
      (await ask<{ resourceTemplates: { uriTemplate: string }[] }>('resources/templates/list')).resourceTemplates,
    readResource: async (uri) => (await ask<{ contents: ReadContent[] }>('resources/read', '--uri', uri)).contents,
    close: async () => Promise.resolve(),
  };
}

export interface InspectorResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The inspector's command line with a server; give it a `--method` and what belongs to it. */
export async function inspectorCommand({
  args,
  env,
  folder,
}: StartedServer): Promise<(...request: readonly string[]) => Promise<InspectorResult>> {
  const installed = await installTestClients();
  // It needs a newer Node than we do; the server that it starts runs on ours.
  const { node } = await installWebHost();
  const launcher = ['@modelcontextprotocol', 'inspector', 'clients', 'launcher', 'build', 'index.js'];
  const start = [path.join(installed, 'node_modules', ...launcher), '--cli', process.execPath, ...args];
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return async (...request) => {
    const child = spawn(node, [...start, ...variables, '--format', 'json', '--connect-timeout', '60000', ...request], {
      cwd: folder,
      env: clientEnvironment(folder),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, stdout, stderr };
  };
}
