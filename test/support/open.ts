/**
 * Builds the extension and opens VS Code with it on a copy of the sample workspace, or on the folder given: the desktop
 * program `code` where it is there, otherwise the web host, whose address is printed. `--web` asks for the latter.
 */
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findOnPath } from './host/onPath';
import { WebHost } from './host/webHost';
import { installWebHost } from './host/webHostFiles';
import { hostsFolder, projectRoot, withTemporaryFolder } from './places';
import { run } from './processes';
import { runMain, say, StepError } from './say';
import { copyWorkspace, sampleWorkspace } from './workspaceCopy';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { web: { type: 'boolean' } }, allowPositionals: true });
  say('Building …');
  await run(process.execPath, ['esbuild.mjs'], { cwd: projectRoot, output: 'quiet' });
  const desktop = values.web === true ? undefined : findDesktop();
  const [folder] = positionals;
  if (desktop !== undefined) {
    // The desktop program returns at once, so a copy of the sample has to outlive this one.
    await openDesktop(desktop, folder === undefined ? await copySample(await newFolder()) : await checked(folder));
  } else if (folder !== undefined) {
    await serve(await checked(folder));
  } else {
    await withTemporaryFolder(async (temporary) => {
      await serve(await copySample(temporary));
    });
  }
  return 0;
}

async function newFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'context-cache-'));
}

async function copySample(parent: string): Promise<string> {
  const copy = path.join(parent, sampleWorkspace);
  await copyWorkspace(sampleWorkspace, copy);
  return copy;
}

async function checked(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new StepError(`${folder} is not a folder.`);
  }
  return path.resolve(folder);
}

async function openDesktop(program: string, workspace: string): Promise<void> {
  await run(program, ['--new-window', `--extensionDevelopmentPath=${projectRoot}`, workspace], {
    output: 'inherit',
    shell: process.platform === 'win32',
  });
  say(`VS Code opens with the extension on ${workspace}`);
}

/** The desktop program, unless there is no screen for it or it would refuse to run for this user. */
function findDesktop(): string | undefined {
  if (process.platform === 'linux') {
    const hasScreen = Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
    if (!hasScreen || process.getuid?.() === 0) {
      return undefined;
    }
  }
  return findOnPath('code');
}

/** Serves until the user ends it. */
async function serve(workspace: string): Promise<void> {
  const files = await installWebHost();
  const host = await WebHost.start(files, {
    dataFolder: path.join(hostsFolder, 'open'),
    port: '8100-8199',
  });
  const stop = (): void => {
    void host.stop();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  say(
    `\nOpen this address in a browser on this machine:\n\n  ${host.address({
      workspace,
      extensionDevelopmentPath: projectRoot,
    })}\n\nThe workspace is ${workspace}\nCtrl+C ends the server.`,
  );
  await host.ended();
}

runMain(main);
