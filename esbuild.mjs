import { context, transform } from 'esbuild';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
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

const smaller = { minifyWhitespace: production, minifySyntax: production };

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: !production,
  // Names stay: they make sense of what stands in a log.
  ...smaller,
  logLevel: 'info',
  // Its main file loads its own parts in a way that can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  outdir,
};

/**
 * The extension in parts that are loaded when they are needed. The editor loads CommonJS, and esbuild splits modules
 * alone: so each part is turned into CommonJS afterwards. One file of everything would hold the extension host up for
 * 40 ms, to be parsed; therefore what an `import()` needs is loaded file by file too, with turns for others in between.
 * @type {import('esbuild').Plugin}
 */
const commonJsParts = {
  name: 'CommonJS parts',
  setup: ({ onEnd }) => {
    onEnd(async ({ outputFiles = [], metafile }) => {
      // Nothing is deleted: a window that runs while the sources are watched still loads parts of the build before.
      const outputs = Object.fromEntries(
        Object.entries(metafile?.outputs ?? {}).map(([file, output]) => [resolve(file), output]),
      );
      for (const { path, text } of outputFiles.filter((file) => file.path.endsWith('.js'))) {
        const folder = dirname(path);
        const split = text.replaceAll(/\bimport\("(\.[^"]+)"\)/g, (written, place) => {
          const needed = withNeeded(outputs, resolve(folder, place));
          return needed.length === 0
            ? written
            : `${loaderName}(require, ${JSON.stringify(needed.map((file) => placeFrom(folder, file)))})`;
        });
        const { code, map } = await transform(split === text ? text : withLoader(split), {
          format: 'cjs',
          platform: 'node',
          target: common.target,
          ...smaller,
          sourcemap: production ? false : 'external',
        });
        await mkdir(folder, { recursive: true });
        await writeFile(path, production ? code : `${code}//# sourceMappingURL=${basename(path)}.map\n`);
        if (!production) {
          await writeFile(`${path}.map`, map);
        }
      }
    });
  },
};

const loaderName = '__loadInTurns';
const loader = `async function ${loaderName}(require, files) {
  let began = performance.now();
  for (const file of files.slice(0, -1)) {
    require(file);
    if (performance.now() - began > 1) {
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      began = performance.now();
    }
  }
  return require(files.at(-1));
}`;

/** In front of the source map, which goes by lines. */
function withLoader(text) {
  const [code, map] = text.split(/^(?=\/\/# sourceMappingURL=)/m);
  return `${code}${loader}\n${map ?? ''}`;
}

/** A part behind all those that it imports when it is loaded, each once. */
function withNeeded(outputs, file, seen = new Set()) {
  if (seen.has(file) || outputs[file] === undefined) {
    return [];
  }
  seen.add(file);
  const imported = outputs[file].imports.filter(({ kind }) => kind === 'import-statement');
  return [...imported.flatMap(({ path }) => withNeeded(outputs, resolve(path), seen)), file];
}

function placeFrom(folder, file) {
  const place = relative(folder, file).replaceAll('\\', '/');
  return place.startsWith('.') ? place : `./${place}`;
}

const partsFolder = 'parts';

// The token tables change only with the tiktoken package and stay; tests may be reading them.
await mkdir(outdir, { recursive: true });
for (const name of (await readdir(outdir)).filter((name) => name !== 'tokens')) {
  await rm(join(outdir, name), { recursive: true, force: true });
}
await buildTokenTables(join(outdir, 'tokens'));

const builds = [
  {
    ...common,
    entryPoints: { extension: 'src/extension.ts' },
    external: ['vscode'],
    format: 'esm',
    splitting: true,
    chunkNames: `${partsFolder}/[name]-[hash]`,
    sourcemap: production ? false : 'inline',
    write: false,
    metafile: true,
    plugins: [commonJsParts],
  },
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
