import { daytonaAddress } from '../../core/sources/kinds/daytonaKind';
import { sourcePlace } from '../../core/sources/sourceConfig';
import type { SourceConfig } from '../../core/sources/sourceConfig';
import { freeName } from '../freeName';

/** A workspace folder on this machine. */
export interface ServedFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The person's own library folders, where they are set: they go before those of `context-cache.yaml`. */
  readonly libraryFolders: readonly string[] | undefined;
}

/** A sandbox of the settings that agents may use. */
export interface ServedSandbox {
  readonly label: string;
  readonly config: SourceConfig;
}

/** How the editor starts one MCP server. It holds no secret. */
export interface McpServerPlan {
  /** Unique: the editor resolves definitions by it. */
  readonly label: string;
  /** After the script of the command line. */
  readonly args: readonly string[];
  /** Variables to set, and (null) to take away. */
  readonly env: Readonly<Record<string, string | null>>;
  /** The folder to start it in: its `context-cache.yaml` and library belong to the server. */
  readonly folder: string | undefined;
  /** The key that it needs: filled in right before a start. */
  readonly key: { readonly variable: string; readonly address: string } | undefined;
}

const title = 'Context Cache';

/** What the command line takes from its environment. A key of the environment must not reach an address of the settings. */
const noSecrets: McpServerPlan['env'] = {
  DAYTONA_API_KEY: null,
  DAYTONA_API_URL: null,
  CONTEXT_CACHE_HTTP_KEY: null,
  CONTEXT_CACHE_HTTP_KEY_HEADER: null,
};

/** One server for each folder, then one for each sandbox; none in an untrusted workspace. */
export function planMcpServers(window: {
  readonly trusted: boolean;
  readonly folders: readonly ServedFolder[];
  readonly sandboxes: readonly ServedSandbox[];
}): McpServerPlan[] {
  if (!window.trusted) {
    return [];
  }
  const { folders, sandboxes } = window;
  const [first] = folders;
  const labels = new Set<string>();
  return [
    ...folders.map((folder) => ({
      label: unique(folders.length === 1 ? title : `${title} (${folder.name})`, labels),
      args: ['mcp', '--source', folder.path, ...libraryArguments(folder)],
      env: noSecrets,
      folder: folder.path,
      key: undefined,
    })),
    ...sandboxes.map(({ label, config }) => ({
      label: unique(`${title}: ${label}`, labels),
      args: ['mcp', ...sourceArguments(config), ...(first === undefined ? [] : libraryArguments(first))],
      env: { ...noSecrets, ...environmentOf(config) },
      folder: first?.path,
      key: keyOf(config),
    })),
  ];
}

function libraryArguments({ libraryFolders }: ServedFolder): string[] {
  return libraryFolders === undefined ? [] : ['--library-folders', JSON.stringify(libraryFolders)];
}

function sourceArguments(config: SourceConfig): string[] {
  return config.kind === 'command'
    ? ['--source-command', JSON.stringify(config.command), '--root', config.root]
    : ['--source', sourcePlace(config)];
}

function environmentOf(config: SourceConfig): McpServerPlan['env'] {
  if (config.kind === 'daytona') {
    return { DAYTONA_API_URL: config.apiUrl ?? daytonaAddress };
  }
  return config.kind === 'http' && config.keyHeader !== undefined
    ? { CONTEXT_CACHE_HTTP_KEY_HEADER: config.keyHeader }
    : {};
}

function keyOf(config: SourceConfig): McpServerPlan['key'] {
  switch (config.kind) {
    case 'daytona':
      return { variable: 'DAYTONA_API_KEY', address: config.apiUrl ?? daytonaAddress };
    case 'http':
      return { variable: 'CONTEXT_CACHE_HTTP_KEY', address: config.url };
    default:
      return undefined;
  }
}

function unique(label: string, taken: Set<string>): string {
  const name = freeName(taken, label);
  taken.add(name);
  return name;
}
