import { Disposable, EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import type { McpServerDefinitionProvider } from 'vscode';
import { mcpProviderId } from '../../contributions';
import { describeError } from '../../core/errors';
import { parseSourceConfig } from '../../core/sources/sourceConfig';
import type { SourceConfig } from '../../core/sources/sourceConfig';
import type { Sandbox } from '../sandboxes/sandbox';
import { cachePath } from '../sandboxes/sources/folderSource';
import type { SandboxTools } from '../sandboxes/sandboxTools';
import type { Services } from '../services';
import { planMcpServers } from './mcpServers';
import type { McpServerPlan, ServedFolder, ServedSandbox } from './mcpServers';

type Sandboxes = Pick<SandboxTools, 'registry' | 'remotes'>;

const libraryFolders = 'contextCache.instructions.libraryFolders';
const sandboxSettings = ['contextCache.sandboxes.sources', 'contextCache.sandboxes.remotes'] as const;

/**
 * Offers the MCP server to the editor's own agents: one per workspace folder on this host, and one per sandbox of the
 * settings that says so, run by the Node that the editor brings. None in an untrusted workspace. Editors without the
 * API, or with it switched off, are left alone.
 */
export function registerMcpProvider(services: Services, sandboxes: Sandboxes): void {
  const { registerMcpServerDefinitionProvider: register } = lm as Partial<typeof lm>;
  if (register === undefined) {
    services.log.info('This editor takes no MCP servers from extensions; use "Connect Agents…".');
    return;
  }
  const changed = services.own(new EventEmitter<void>());
  const fire = (): void => {
    changed.fire();
  };
  services.own(
    Disposable.from(
      workspace.onDidChangeWorkspaceFolders(fire),
      services.trust.onDidGrant(fire),
      sandboxes.registry.onDidChange(fire),
      services.settings.onDidChange((change) => {
        if (change.affects([libraryFolders])) {
          fire();
        }
      }),
    ),
  );
  const plans = new WeakMap<McpStdioServerDefinition, McpServerPlan>();
  const provider: McpServerDefinitionProvider<McpStdioServerDefinition> = {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: async () =>
      planMcpServers({
        trusted: services.trust.isTrusted,
        folders: servedFolders(services),
        sandboxes: await servedSandboxes(services, sandboxes),
      }).map((plan) => {
        const definition = toDefinition(services, plan);
        plans.set(definition, plan);
        return definition;
      }),
    resolveMcpServerDefinition: async (definition) => withKey(definition, plans.get(definition), sandboxes),
  };
  services.own(register(mcpProviderId, provider));
}

function servedFolders(services: Services): ServedFolder[] {
  return (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ name, uri }) => ({
      name,
      path: uri.fsPath,
      libraryFolders: services.settings.isSet(libraryFolders, uri)
        ? services.settings.get(libraryFolders, uri)
        : undefined,
    }));
}

/** Those that are marked for agents; without any, nothing is looked for. */
async function servedSandboxes(services: Services, { registry }: Sandboxes): Promise<ServedSandbox[]> {
  const isAny = sandboxSettings.some((id) => services.settings.get(id).some(isForAgents));
  if (!services.trust.isTrusted || !isAny) {
    return [];
  }
  const marked = (await registry.all()).filter(({ setting }) => isForAgents(setting));
  return marked.flatMap((sandbox) => {
    try {
      const config = configOf(sandbox);
      return config === undefined ? [] : [{ label: sandbox.label, config }];
    } catch (error) {
      services.log.warn(`${sandbox.label} is not offered to agents: ${describeError(error)}`);
      return [];
    }
  });
}

/** What a person typed may be anything. */
function isForAgents(setting: unknown): boolean {
  return typeof setting === 'object' && setting !== null && 'agents' in setting && setting.agents === true;
}

/** Undefined for a folder that only the editor can read. */
function configOf({ kind, label, uri, setting }: Sandbox): SourceConfig | undefined {
  if (kind !== 'folder') {
    return parseSourceConfig(setting);
  }
  if (uri?.scheme !== 'file') {
    return undefined;
  }
  // A workspace gets its cache by the first write; a cache of its own has to be there.
  const isInWorkspace = uri.path.endsWith(`/${cachePath.join('/')}`);
  const folder = isInWorkspace ? Uri.joinPath(uri, ...cachePath.map(() => '..')) : uri;
  return { kind: 'folder', name: label, path: folder.fsPath };
}

function toDefinition(services: Services, { label, args, env, folder }: McpServerPlan): McpStdioServerDefinition {
  const cli = Uri.joinPath(services.extensionUri, 'dist', 'cli.js').fsPath;
  const definition = new McpStdioServerDefinition(
    label,
    process.execPath,
    [cli, ...args],
    // On the desktop the editor's own program runs as Node; elsewhere it is Node.
    { ...env, ELECTRON_RUN_AS_NODE: '1' },
    services.extensionVersion,
  );
  if (folder !== undefined) {
    definition.cwd = Uri.file(folder);
  }
  return definition;
}

/** Right before a start: a definition lies about in the editor for as long as its window is open. */
async function withKey(
  definition: McpStdioServerDefinition,
  plan: McpServerPlan | undefined,
  { remotes }: Sandboxes,
): Promise<McpStdioServerDefinition> {
  if (plan?.key === undefined) {
    return definition;
  }
  const { variable, address } = plan.key;
  const key = await remotes.keys.get(address);
  if (key === undefined) {
    throw new Error(`There is no key for ${address}. Set one with "Set Sandbox API Key…".`);
  }
  const { label, command, args, env, version, cwd } = definition;
  const resolved = new McpStdioServerDefinition(label, command, args, { ...env, [variable]: key }, version);
  return cwd === undefined ? resolved : Object.assign(resolved, { cwd });
}
