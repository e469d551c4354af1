import { cp, mkdir } from 'node:fs/promises';
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
