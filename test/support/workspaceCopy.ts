import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeSampleCache } from './makeSampleCache';
import { fixturesFolder } from './places';

/** The sample project that ships with the sources; its sandbox cache is written when it is copied. */
export const sampleWorkspace = 'sample-workspace';

/**
 * Fills `target` (created if need be) with a copy of a folder of `test/fixtures`. The copy of the sample workspace
 * also gets a sandbox cache whose entries are as old as they should be at this moment.
 */
export async function copyWorkspace(fixture: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await cp(path.join(fixturesFolder, fixture), target, { recursive: true });
  if (fixture === sampleWorkspace) {
    await writeSampleCache(target, Date.now());
  }
}

/** What a window opens. */
export interface LaidOutWorkspace {
  /** The folder, or the workspace file that names the folders. */
  readonly toOpen: string;
  /** At least one folder. */
  readonly folders: readonly [string, ...string[]];
}

/** Lays out copies of fixtures below `parent`, each under its own name; one empty folder if there are none. */
export async function layOutWorkspace(fixtures: readonly string[], parent: string): Promise<LaidOutWorkspace> {
  for (const fixture of fixtures) {
    await copyWorkspace(fixture, path.join(parent, path.basename(fixture)));
  }
  const [first = 'empty', ...others] = fixtures.map((fixture) => path.basename(fixture));
  const folders = [path.join(parent, first), ...others.map((name) => path.join(parent, name))] as const;
  await mkdir(folders[0], { recursive: true });
  if (others.length === 0) {
    return { toOpen: folders[0], folders };
  }
  const toOpen = path.join(parent, 'several.code-workspace');
  await writeFile(toOpen, JSON.stringify({ folders: [first, ...others].map((name) => ({ path: name })) }));
  return { toOpen, folders };
}
