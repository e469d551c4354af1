import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { listFiles, PackageManager } from '@vscode/vsce';
import { projectRoot } from './places';
import { run } from './processes';

/**
 * Builds the extension and lays out in `folder` exactly the files that a package of it would contain.
 *
 * Tests run on this copy: a file that is missing from the package is missing for them too, no `node_modules` above
 * can stand in for something that was not bundled, and an edit of the sources during a run changes nothing.
 */
export async function makeExtensionSnapshot(folder: string, { production = false } = {}): Promise<void> {
  const files = await listFiles({ cwd: projectRoot, packageManager: PackageManager.None });
  for (const file of files.filter((name) => !name.startsWith('dist/'))) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await cp(path.join(projectRoot, file), path.join(folder, file));
  }
  await run(
    process.execPath,
    ['esbuild.mjs', ...(production ? ['--production'] : []), '--outdir', path.join(folder, 'dist')],
    {
      cwd: projectRoot,
      output: 'quiet',
    },
  );
}
