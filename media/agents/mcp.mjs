// Starts the MCP server of Context Cache on the workspace that this file lies in.
//
// Written by the command "Context Cache: Connect Agents…". It holds no path of one machine and no version, so it can be
// committed: on each machine it runs the newest Context Cache that is installed there, in any VS Code-like editor.
// CONTEXT_CACHE_CLI names another `dist/cli.js` to run. What comes after its name goes to `context-cache mcp`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const home = homedir();
const workspace = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where editors keep their extensions, here and on remote hosts. */
const extensionFolders = [
  ...['.vscode', '.vscode-insiders', '.vscode-oss', '.cursor', '.windsurf', '.kiro', '.antigravity'],
  ...['.vscode-server', '.vscode-server-insiders', '.vscode-remote', '.cursor-server', '.windsurf-server'],
  join('.local', 'share', 'code-server'),
].map((folder) => join(home, folder, 'extensions'));

/** The folder where Context Cache keeps what is this user's; the editor notes there where else it is installed. */
function dataFolder() {
  const { CONTEXT_CACHE_HOME, LOCALAPPDATA, XDG_DATA_HOME } = process.env;
  if (CONTEXT_CACHE_HOME) {
    return CONTEXT_CACHE_HOME;
  }
  const named = (folder) => (folder && isAbsolute(folder) ? folder : undefined);
  const base = {
    win32: named(LOCALAPPDATA) ?? join(home, 'AppData', 'Local'),
    darwin: join(home, 'Library', 'Application Support'),
  }[process.platform];
  return join(base ?? named(XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'context-cache');
}

function read(path, parse) {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    // Absent or unreadable: the other places may do.
    return undefined;
  }
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function installedIn(folder) {
  const manifest = read(join(folder, 'package.json'), JSON.parse);
  const cli = join(folder, 'dist', 'cli.js');
  return manifest?.name === 'context-cache' && manifest.publisher === 'context-cache' && existsSync(cli)
    ? [{ cli, version: String(manifest.version).split(/\D+/).map(Number) }]
    : [];
}

function compareVersions(left, right) {
  const at = left.findIndex((number, index) => number !== right[index]);
  return at === -1 ? 0 : left[at] - (right[at] ?? 0);
}

function newestCli() {
  const noted = read(join(dataFolder(), 'editor.json'), JSON.parse)?.extension;
  const [own, besides] = typeof noted === 'string' ? [[noted], [dirname(noted)]] : [[], []];
  const folders = [...extensionFolders, ...besides].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => name.startsWith('context-cache.context-cache-'))
      .map((name) => join(folder, name)),
  );
  const installed = [...own, ...folders].flatMap(installedIn);
  return installed.sort((a, b) => compareVersions(b.version, a.version))[0]?.cli;
}

const cli = process.env.CONTEXT_CACHE_CLI || newestCli();
if (cli === undefined || !existsSync(cli)) {
  process.stderr.write(
    'Context Cache is not installed for this user. Install its extension, or name its dist/cli.js in CONTEXT_CACHE_CLI.\n',
  );
  process.exitCode = 1;
} else {
  process.argv = [process.execPath, cli, 'mcp', '--source', workspace, ...process.argv.slice(2)];
  await import(pathToFileURL(cli).href);
}
