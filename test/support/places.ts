import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The root of the checkout. */
export const projectRoot = path.resolve(__dirname, '..', '..');

/** Downloaded hosts live here; ignored by git, safe to delete at any time. */
export const hostsFolder = path.join(projectRoot, '.vscode-test');

/** Everything that a test run writes: bundles, results, screenshots. Ignored by git. */
export const outFolder = path.join(projectRoot, 'out');

export const fixturesFolder = path.join(projectRoot, 'test', 'fixtures');

/** What of a package.json the test tooling needs. */
export interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
}

export async function readManifest(folder = projectRoot): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Calls `use` with a new empty folder outside the checkout, and removes that folder afterwards, come what may. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'context-cache-test-'));
  try {
    return await use(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** Removes a folder even if a process that is just ending still writes into it. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
