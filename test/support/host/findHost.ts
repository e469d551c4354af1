import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { hostsFolder, projectRoot } from '../places';
import { run } from '../processes';
import { say } from '../say';
import { ensureBrowser } from './browser';
import { installWebHost } from './webHostFiles';

/** A VS Code that `runTests` of @vscode/test-electron can start. */
export interface Host {
  readonly description: string;
  readonly executable: string;
  /** The one for restricted mode: `runTests` always asks for trust, which only the web host can be told to ignore. */
  readonly restrictedExecutable: string;
}

const updateServer = 'https://update.code.visualstudio.com/api/releases/stable';

/**
 * Desktop VS Code where it can be had and can show a window, the web host otherwise.
 * `CONTEXT_CACHE_TEST_HOST=web` skips the desktop.
 */
export async function findHost(): Promise<Host> {
  await installWebHost();
  await ensureBrowser();
  const launcher = await writeLauncher();
  const desktop = process.env['CONTEXT_CACHE_TEST_HOST'] === 'web' ? undefined : await findDesktop();
  return {
    description: desktop === undefined ? 'VS Code as a web host' : 'desktop VS Code',
    executable: desktop ?? launcher,
    restrictedExecutable: launcher,
  };
}

async function findDesktop(): Promise<string | undefined> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    return undefined;
  }
  try {
    await fetch(updateServer, { method: 'HEAD', signal: AbortSignal.timeout(4000) });
    const executable = await downloadAndUnzipVSCode({ cachePath: hostsFolder, timeout: 30_000 });
    if (process.platform === 'linux') {
      const libraries = await run('ldd', [executable], { output: 'quiet' });
      if (libraries.includes('not found')) {
        say('Desktop VS Code lacks libraries on this machine; using the web host.');
        return undefined;
      }
    }
    return executable;
  } catch (error) {
    say(
      `Desktop VS Code can't be fetched (${error instanceof Error ? error.message : String(error)}); using the web host.`,
    );
    return undefined;
  }
}

/** Writes the program that stands in for desktop VS Code: `runTests` wants one executable file. */
async function writeLauncher(): Promise<string> {
  const script = path.join(projectRoot, 'test', 'support', 'host', 'launch.ts');
  const loader = path.join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const windows = process.platform === 'win32';
  const launcher = path.join(hostsFolder, windows ? 'launch.cmd' : 'launch');
  await writeFile(
    launcher,
    windows
      ? `@"${process.execPath}" "${loader}" "${script}" %*\r\n`
      : `#!/bin/sh\nexec '${process.execPath}' '${loader}' '${script}' "$@"\n`,
  );
  await chmod(launcher, 0o755);
  return launcher;
}
