import { editJsonServer } from './jsonServer';
import { editTomlServer } from './tomlServer';

/** The server's name in every client's settings. */
const serverName = 'context-cache';

/**
 * The script that starts the server, relative to the workspace folder. The extension's own folder has its version in
 * its name and another place on every machine, and a copy in the editor's storage has the user's name in its path:
 * neither can stand in a file that a team shares. So a small script stands in the workspace, which runs the newest
 * extension that is installed where it is started, and finds the workspace from its own place.
 */
export const launcherPath = '.context-cache/mcp.mjs';

/** How a client starts the server. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export type ClientId = 'claude-code' | 'cursor' | 'vscode' | 'gemini' | 'codex';

/** An agent that can be connected through a file of the workspace. */
export interface AgentClient {
  readonly id: ClientId;
  readonly title: string;
  /** Its settings file, relative to the workspace folder. */
  readonly path: string;
  /** Files or folders whose presence says that the workspace is used with this agent. */
  readonly traces: readonly string[];
  /** What a person should know before choosing it. */
  readonly note: string;
  /**
   * The text with the server in it, and everything else as it was to the byte.
   * @param text what the file holds; undefined when there is none
   * @throws UserError when the file is broken, or has the server in a form that can't be changed safely
   */
  readonly edit: (text: string | undefined) => string;
}

/** For clients that start servers in the workspace folder. */
const relative: ServerCommand = { command: 'node', args: [launcherPath] };
/** For clients that start them elsewhere and know a variable. */
const fromVariable: ServerCommand = { command: 'node', args: [`\${workspaceFolder}/${launcherPath}`] };

function jsonClient(
  client: Omit<AgentClient, 'edit'>,
  options: { readonly section: string; readonly server: Readonly<Record<string, unknown>> },
): AgentClient {
  return { ...client, edit: (text) => editJsonServer(text, { path: client.path, name: serverName, ...options }) };
}

export const agentClients: readonly AgentClient[] = [
  jsonClient(
    {
      id: 'claude-code',
      title: 'Claude Code',
      path: '.mcp.json',
      traces: ['.mcp.json', '.claude', 'CLAUDE.md'],
      note: 'Asks each person once before it starts a server of the project.',
    },
    { section: 'mcpServers', server: { ...relative } },
  ),
  jsonClient(
    {
      id: 'cursor',
      title: 'Cursor',
      path: '.cursor/mcp.json',
      traces: ['.cursor', '.cursorrules'],
      note: 'Switch the server on in its settings, under MCP.',
    },
    { section: 'mcpServers', server: { type: 'stdio', ...fromVariable } },
  ),
  jsonClient(
    {
      id: 'vscode',
      title: 'VS Code',
      path: '.vscode/mcp.json',
      traces: ['.vscode/mcp.json'],
      note: 'Not needed where this extension runs: it offers the server by itself.',
    },
    { section: 'servers', server: { type: 'stdio', ...fromVariable } },
  ),
  jsonClient(
    {
      id: 'gemini',
      title: 'Gemini CLI',
      path: '.gemini/settings.json',
      traces: ['.gemini', 'GEMINI.md'],
      note: 'Starts servers only in folders that are trusted.',
    },
    { section: 'mcpServers', server: { ...relative } },
  ),
  {
    id: 'codex',
    title: 'Codex',
    path: '.codex/config.toml',
    traces: ['.codex'],
    note: 'Reads the file only in projects that are trusted. Its desktop app also needs a `cwd` there.',
    edit: (text) => editTomlServer(text, { path: '.codex/config.toml', name: serverName, server: relative }),
  },
];
