import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import type { Pack } from 'tar-stream';
import { readInBatches } from '../cache/readValues';
import { SourceError, UserError } from '../errors';
import type { WorkOptions } from '../ports';
import { archivePath } from './archivePath';
import type { PlacedListing } from './compare';
import { layouts } from './layouts';
import { filesOf, pathIn } from './model';
import type { LayerEntry, LayerFile } from './model';

const blockBytes = 256 * 1024;
const mostFiles = 1_000_000;
const mostFileBytes = 256 * 1024 * 1024;
const mostBytes = 20 * 1024 ** 3;

export interface ArchiveSummary {
  readonly files: number;
  readonly bytes: number;
  readonly archiveBytes: number;
  /** Entries that could not be read, or vanished while the archive was written. */
  readonly leftOut: readonly string[];
}

/** The listings whose entries mean anything in another place. */
export function transferable<Placed extends PlacedListing>(listings: readonly Placed[]): readonly Placed[] {
  return listings.filter(({ listing }) => layouts[listing.layer.kind].transferable);
}

/**
 * Writes entries of layers to a `.tar.gz` that any tar can read: `<kind>/<name>`, with the times of the files. The file
 * appears only when it is complete. Throws a `UserError` when it is there already, unless it is to be replaced.
 */
export async function writeArchive(
  path: string,
  parts: readonly (PlacedListing & { readonly entries?: readonly LayerEntry[] })[],
  options: WorkOptions & { readonly overwrite?: boolean } = {},
): Promise<ArchiveSummary> {
  if (options.overwrite !== true && (await exists(path))) {
    throw new UserError(`'${path}' is there already.`, 'Choose another name, or replace it.');
  }
  const temporary = `${path}.partial`;
  const archive = pack();
  const leftOut: string[] = [];
  let files = 0;
  let bytes = 0;
  const fill = async (): Promise<void> => {
    const total = parts.reduce((sum, { entries, listing }) => sum + (entries ?? listing.entries).length, 0);
    let done = 0;
    for (const { tree, listing, entries = listing.entries } of parts) {
      const { layer } = listing;
      const wanted = entries.flatMap((entry) => filesOf(entry));
      const byPath = new Map(wanted.map((file) => [pathIn(layer, file.name), file]));
      const requests = wanted.map(({ name, sizeBytes }) => ({ path: pathIn(layer, name), sizeBytes }));
      // One after the other: an archive is a sequence.
      let turn = Promise.resolve();
      await readInBatches(
        tree,
        requests,
        async (place, content) => {
          const file = byPath.get(place)!;
          turn = turn.then(async () => {
            if (content === undefined || content instanceof SourceError) {
              leftOut.push(`${layer.kind}/${file.name}`);
            } else {
              await addFile(archive, `${layer.kind}/${file.name}`, file, content);
              files += 1;
              bytes += content.byteLength;
            }
            done += 1;
            options.progress?.report({ done, total });
          });
          await turn;
        },
        { signal: options.signal },
      );
    }
    archive.finalize();
  };
  try {
    const written = pipeline(archive, inBlocks, createGzip(), createWriteStream(temporary, { mode: 0o600 }));
    // A failure of the reading ends the stream, and one of the writing ends the reading.
    await Promise.all([
      written,
      fill().catch((error: unknown) => {
        archive.destroy(error as Error);
        throw error;
      }),
    ]);
    const archiveBytes = (await stat(temporary)).size;
    await rename(temporary, path);
    return { files, bytes, archiveBytes, leftOut };
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof UserError) {
      throw error;
    }
    throw new UserError(`'${path}' can't be written.`, 'Choose a folder that you may write to, with enough space.', {
      cause: error,
    });
  }
}

/** Joins small chunks: each that is compressed by itself waits for a thread, and a small file comes as three. */
async function* inBlocks(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    const part = chunk as Buffer;
    waiting.push(part);
    bytes += part.byteLength;
    if (bytes >= blockBytes) {
      yield Buffer.concat(waiting);
      waiting = [];
      bytes = 0;
    }
  }
  yield Buffer.concat(waiting);
}

async function addFile(archive: Pack, name: string, file: LayerFile, content: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const mtime = new Date(Math.floor(file.modifiedMs));
    archive.entry({ name, mode: 0o600, mtime }, Buffer.from(content), (error) => {
      if (error === null || error === undefined) {
        resolve();
      } else {
        reject(error);
      }
    });
  });
}

/** One regular file of an archive, its path checked. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/**
 * Reads the files of a `.tar.gz` one by one, so that the memory holds one at a time. Throws a `UserError` for a broken
 * archive, a path that could leave the target, a link, a device, a name that comes twice, and for more than the bounds.
 */
export async function* readArchive(path: string, options: WorkOptions = {}): AsyncGenerator<ArchiveFile> {
  const label = JSON.stringify(path);
  const entries = extract();
  const reading = pipeline(createReadStream(path), createGunzip(), entries, { signal: options.signal });
  // Its failure comes out of the loop below as well.
  reading.catch(() => undefined);
  const seen = new Set<string>();
  let total = 0;
  try {
    for await (const entry of entries) {
      const { name, type, size, mtime } = entry.header;
      if (type === 'directory') {
        const folder = name.replace(/\/+$/, '');
        if (folder !== '.') {
          archivePath(folder);
        }
        entry.resume();
        continue;
      }
      const place = archivePath(name);
      if (type !== 'file' && type !== 'contiguous-file') {
        throw refused(label, `${JSON.stringify(name)} is a ${type}, not a regular file`);
      }
      if (seen.has(place)) {
        throw refused(label, `${JSON.stringify(name)} is in it twice`);
      }
      seen.add(place);
      total += size;
      if (size > mostFileBytes || total > mostBytes || seen.size > mostFiles) {
        throw refused(label, 'it unpacks to more than is imported at once');
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) {
        chunks.push(chunk as Buffer);
      }
      yield { path: place, bytes: Buffer.concat(chunks), modifiedMs: mtime.getTime() };
    }
    await reading;
  } catch (error) {
    if (error instanceof UserError) {
      throw error;
    }
    if (options.signal?.aborted === true) {
      throw new SourceError('cancelled', 'The operation was cancelled.', { nextStep: 'Run it again to finish it.' });
    }
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw missing
      ? new UserError(`There is no archive ${label}.`, 'Give the path of a .tar.gz.', { cause: error })
      : refused(label, 'it is no .tar.gz archive, or was cut off', error);
  } finally {
    entries.destroy();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false; // Whether it can be written shows when it is.
  }
}

function refused(label: string, reason: string, cause?: unknown): UserError {
  return new UserError(`${label} can't be imported: ${reason}.`, 'Nothing of it was taken. Export it again.', {
    cause,
  });
}
