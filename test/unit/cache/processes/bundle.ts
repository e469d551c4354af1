import { build } from 'esbuild';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bundles the processes of the tests into a temporary folder, so that hundreds of them start fast; returns it. */
export async function bundleProcesses(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-processes-')));
  await build({
    entryPoints: [join(__dirname, 'ourWriter.ts'), join(__dirname, 'originalWriter.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: folder,
    logLevel: 'error',
  });
  return folder;
}
