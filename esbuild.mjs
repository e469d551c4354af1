import { context } from 'esbuild';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const {
  values: { watch, production, outdir },
} = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    outdir: { type: 'string', default: 'dist' },
  },
});

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: !production,
  minify: production,
  logLevel: 'info',
  outdir,
};

await rm(outdir, { recursive: true, force: true });

const builds = [
  { ...common, entryPoints: { extension: 'src/extension.ts' }, external: ['vscode'] },
  { ...common, entryPoints: { cli: 'src/cli/main.ts' }, banner: { js: '#!/usr/bin/env node' } },
];

for (const options of builds) {
  const build = await context(options);
  if (watch) {
    await build.watch();
  } else {
    await build.rebuild();
    await build.dispose();
  }
}
