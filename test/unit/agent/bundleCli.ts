import { build } from 'esbuild';
import { join } from 'node:path';

const repository = join(__dirname, '..', '..', '..');
const outfile = join(repository, 'out', 'agent-test', 'bin', 'cli.js');
let bundling: Promise<string> | undefined;

/** The command line bundled as it is shipped, at a place from which it finds the package and the token tables. */
export async function bundleCli(): Promise<string> {
  bundling ??= build({
    entryPoints: [join(repository, 'src', 'cli', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  }).then(() => outfile);
  return bundling;
}
