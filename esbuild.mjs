import { context } from 'esbuild';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTokenTables } from './src/build/tokenTables.mjs';

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
  // Its main file loads its own parts in a way that can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  outdir,
};

// The token tables change only with the tiktoken package and stay; tests may be reading them.
await mkdir(outdir, { recursive: true });
for (const name of (await readdir(outdir)).filter((name) => name !== 'tokens')) {
  await rm(join(outdir, name), { recursive: true, force: true });
}
await buildTokenTables(join(outdir, 'tokens'));

const builds = [
  { ...common, entryPoints: { extension: 'src/extension.ts' }, external: ['vscode'] },
  { ...common, entryPoints: { tokenWorker: 'src/worker/tokenWorker.ts' } },
  { ...common, entryPoints: { cli: 'src/cli/main.ts' }, banner: { js: '#!/usr/bin/env node' } },
  { ...common, entryPoints: { report: 'src/report/main.ts' }, platform: 'browser', format: 'iife', target: 'es2022' },
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
