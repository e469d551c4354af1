import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands, Uri, workspace } from 'vscode';
import type { WorkspaceFolder } from 'vscode';
import { agentClients, launcherPath } from '../../../agent/config/clients';
import type { AgentClient } from '../../../agent/config/clients';
import { applyChanges, planConnections, revertChanges, tracedClients } from '../../../agent/config/settingsFiles';
import type { AppliedChanges, SettingsChange } from '../../../agent/config/settingsFiles';
import { UserError } from '../../../core/errors';
import { reportError } from '../../commands';
import { plural } from '../../format';
import type { Services } from '../../services';
import type { ProposedTexts } from '../proposedTexts';

const title = 'Connect Agents';

/**
 * Writes the MCP server into the settings of the agents that a person ticks, after showing each file's difference and
 * asking once. Returns what was written; undefined when nothing was.
 */
export async function connectAgents(services: Services, proposed: ProposedTexts): Promise<AppliedChanges | undefined> {
  services.trust.require('Connecting agents');
  const folder = await pickFolder(services);
  if (folder === undefined) {
    return undefined;
  }
  const clients = await pickClients(services, folder.uri.fsPath);
  if (clients === undefined || clients.length === 0) {
    return undefined;
  }
  const changes = await planConnections(folder.uri.fsPath, clients, await readLauncher(services));
  const names = clients.map(({ title: name }) => name).join(', ');
  if (changes.length === 0) {
    await noteExtension(services);
    void services.prompts.tell('information', `${names}: connected already.`);
    return undefined;
  }
  await showDifference(folder, changes, proposed);
  const yes = await services.prompts.confirm({
    message: `Write ${plural(changes.length, 'file')} to connect ${names}?`,
    detail: changes.map(({ path, before }) => `${before === undefined ? 'new' : 'changed'}: ${path}`).join('\n'),
    yes: 'Write',
  });
  if (!yes) {
    return undefined;
  }
  await noteExtension(services);
  const applied = await applyChanges(folder.uri.fsPath, changes);
  tell(services, applied, names);
  return applied;
}

/** Takes the written files back, and says which ones a person has changed since. */
async function undoConnection(services: Services, applied: AppliedChanges): Promise<void> {
  services.trust.require('Undoing');
  const left = await revertChanges(applied);
  const text = left.length === 0 ? 'The files are as they were.' : `Changed since, and left alone: ${left.join(', ')}.`;
  void services.prompts.tell(left.length === 0 ? 'information' : 'warning', text);
}

async function pickFolder({ prompts }: Services): Promise<WorkspaceFolder | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0) {
    throw new UserError('There is no folder on this machine to connect agents in.', 'Open a folder first.');
  }
  if (folders.length === 1) {
    return folders[0];
  }
  const items = folders.map((folder) => ({ label: folder.name, description: folder.uri.fsPath, folder }));
  return (await prompts.pick(items, { title, placeHolder: 'In which folder?' }))?.folder;
}

async function pickClients({ prompts }: Services, folder: string): Promise<readonly AgentClient[] | undefined> {
  const traced = new Set(await tracedClients(folder, agentClients));
  const items = agentClients.map((client) => ({
    label: client.title,
    description: client.path,
    detail: client.note,
    picked: traced.has(client),
    client,
  }));
  const placeHolder = 'Agents that get the MCP server. You see every change before it is written.';
  const picked = await prompts.pickMany(items, { title, placeHolder, ignoreFocusOut: true });
  return picked?.map(({ client }) => client);
}

async function showDifference(
  folder: WorkspaceFolder,
  changes: readonly SettingsChange[],
  proposed: ProposedTexts,
): Promise<void> {
  const resources = changes.map(({ path, before, after }) => {
    const file = Uri.joinPath(folder.uri, path);
    return [file, before === undefined ? undefined : file, proposed.add(path, after.toString('utf8'))];
  });
  await commands.executeCommand('vscode.changes', title, resources);
}

async function readLauncher({ extensionUri }: Services): Promise<string> {
  return readFile(Uri.joinPath(extensionUri, 'media', 'agents', 'mcp.mjs').fsPath, 'utf8');
}

/** Tells the launcher where this extension is installed, for editors that keep their extensions elsewhere. */
async function noteExtension({ dataFolder, extensionUri }: Services): Promise<void> {
  const file = join(dataFolder, 'editor.json');
  await mkdir(dataFolder, { recursive: true });
  await writeFile(`${file}.${process.pid}.tmp`, `${JSON.stringify({ extension: extensionUri.fsPath })}\n`);
  await rename(`${file}.${process.pid}.tmp`, file);
}

function tell(services: Services, applied: AppliedChanges, names: string): void {
  const undo = 'Undo';
  const others = applied.changes.filter(({ path }) => path !== launcherPath).map(({ path }) => path);
  const text = `Connected ${names}${others.length === 0 ? '' : `: wrote ${others.join(', ')}`}.`;
  void services.prompts.tell('information', text, undo).then(async (choice) => {
    if (choice === undo) {
      try {
        await undoConnection(services, applied);
      } catch (error) {
        reportError(services, 'Undo', error);
      }
    }
  });
}
