import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Lays out a tiny extension of its own, so that windows with and without Context Cache are measured by the same means.
 * @param main a CommonJS file beside this one
 * @param activationEvent when it starts: `*` for before every other extension
 */
export async function layOutMeter(folder: string, main: string, activationEvent: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(path.join(__dirname, main), path.join(folder, main));
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({
      name: 'meter',
      publisher: 'bench',
      version: '1.0.0',
      engines: { vscode: '^1.104.0' },
      main: `./${main}`,
      activationEvents: [activationEvent],
      extensionKind: ['workspace'],
    }),
  );
}
