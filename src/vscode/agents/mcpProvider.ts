import { EventEmitter, lm, McpStdioServerDefinition, Uri, workspace } from 'vscode';
import type { McpServerDefinitionProvider } from 'vscode';
import { mcpProviderId } from '../../contributions';
import type { Services } from '../services';

const label = 'Context Cache';

/**
 * Offers the MCP server to the editor's own agents: one per workspace folder on this host, run by the Node that the
 * editor brings. None in an untrusted workspace. Editors without the API, or with it switched off, are left alone.
 */
export function registerMcpProvider(services: Services): void {
  const { registerMcpServerDefinitionProvider: register } = lm as Partial<typeof lm>;
  if (register === undefined) {
    services.log.info('This editor takes no MCP servers from extensions; use "Connect Agents…".');
    return;
  }
  const changed = services.own(new EventEmitter<void>());
  services.own(
    workspace.onDidChangeWorkspaceFolders(() => {
      changed.fire();
    }),
  );
  services.own(
    services.trust.onDidGrant(() => {
      changed.fire();
    }),
  );
  const provider: McpServerDefinitionProvider<McpStdioServerDefinition> = {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => mcpServers(services),
  };
  services.own(register(mcpProviderId, provider));
}

function mcpServers(services: Services): McpStdioServerDefinition[] {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (!services.trust.isTrusted) {
    return [];
  }
  const cli = Uri.joinPath(services.extensionUri, 'dist', 'cli.js').fsPath;
  return folders.map(({ name, uri }) => {
    const server = new McpStdioServerDefinition(
      folders.length === 1 ? label : `${label} (${name})`,
      process.execPath,
      [cli, 'mcp', '--source', uri.fsPath],
      // On the desktop the editor's own program runs as Node; elsewhere it is Node.
      { ELECTRON_RUN_AS_NODE: '1' },
      services.extensionVersion,
    );
    server.cwd = uri;
    return server;
  });
}
