import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LayerHistory } from '../../../src/core/layers/layerHistory';
import { readLayers } from '../../../src/core/layers/listLayer';
import type { LayerKind, LayerListing } from '../../../src/core/layers/model';
import { FolderTree } from '../../../src/core/sources/folderTree';

const golden = join(__dirname, '..', '..', 'fixtures', 'golden', 'phasic');

/** A home folder of its own for one test. */
export interface Place {
  readonly root: string;
  readonly history: LayerHistory;
  /** The trace cache, the JAX cache and two pickles, as a program of phasic leaves them. */
  addGolden(folder?: string): void;
  put(path: string, content: string | Uint8Array, modifiedMs?: number): void;
  tree(folder?: string): FolderTree;
  layer(kind: LayerKind, folder?: string): Promise<LayerListing>;
  /** Every regular file below a folder: its path, content and time in whole seconds. */
  contents(folder?: string): Readonly<Record<string, string>>;
  names(folder?: string): readonly string[];
  dispose(): void;
}

export const nowMs = Date.UTC(2026, 10, 20, 12);
export const dayMs = 86_400_000;

export function makePlace(options: { readonly historyBytes?: number } = {}): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-layers-')));
  const at = (folder: string): string => (folder === '' ? root : join(root, folder));
  const put: Place['put'] = (path, content, modifiedMs) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    if (modifiedMs !== undefined) {
      utimesSync(join(root, path), modifiedMs / 1000, modifiedMs / 1000);
    }
  };
  const walk = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((path) => lstatSync(join(folder, path)).isFile())
          .sort()
      : [];
  let tick = 0;
  return {
    root,
    history: new LayerHistory(join(root, 'history'), {
      clock: { now: () => nowMs + tick++ },
      ...(options.historyBytes === undefined ? {} : { mostBytes: options.historyBytes }),
    }),
    addGolden: (folder = '') => {
      cpSync(join(golden, 'dot-phasic_cache'), join(at(folder), '.phasic_cache'), { recursive: true });
      cpSync(join(golden, 'dot-jax_cache'), join(at(folder), '.jax_cache'), { recursive: true });
      put(join(folder, '.phasic_cache', 'compiled_svgd_0123456789abcdef.pkl'), 'cos\nsystem\n(S"touch broken"\ntR.');
      put(join(folder, '.phasic_cache', 'notes.txt'), 'mine');
    },
    put,
    tree: (folder = '') => new FolderTree(at(folder)),
    layer: async (kind, folder = '') => {
      const found = await readLayers(new FolderTree(at(folder)));
      const one = found.find(({ layer }) => layer.kind === kind);
      return one ?? (await readLayers(new FolderTree(at(folder)), { layout: kind }))[0]!;
    },
    contents: (folder = '') =>
      Object.fromEntries(
        walk(at(folder)).map((path) => {
          const hash = createHash('sha256')
            .update(readFileSync(join(at(folder), path)))
            .digest('hex');
          return [path, `${hash.slice(0, 16)} ${Math.floor(lstatSync(join(at(folder), path)).mtimeMs / 1000)}`];
        }),
      ),
    names: (folder = '') => walk(at(folder)),
    dispose: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A name as JAX gives it. */
export function jaxName(of: string, key: number | string): string {
  return `${of}-${createHash('sha256').update(String(key)).digest('hex')}-cache`;
}

export function traceName(key: number | string): string {
  return `${createHash('sha256').update(`trace ${key}`).digest('hex')}.json`;
}
