import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { SourceError } from '../errors';

/** A regular file of an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Packs files in the given order; names must be short (below 100 bytes), so that every tar can read them. */
export async function packFiles(
  files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly modifiedMs?: number }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, bytes, modifiedMs } of files) {
    archive.entry({ name, mode: 0o600, mtime: new Date(modifiedMs ?? 0) }, Buffer.from(bytes));
  }
  archive.finalize();
  return buffer(archive);
}

/**
 * Reads the regular files of archives that follow one another, as several runs of tar write them. A hard link has the
 * content of the file that it names; folders, symbolic links and devices are left out. `protocol` when one is broken.
 */
export async function readArchives(bytes: Uint8Array): Promise<readonly ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    buffer(stream).then((content) => {
      if (header.type === 'file' || header.type === 'contiguous-file') {
        files.push({ name: header.name, bytes: content });
      } else if (header.type === 'link') {
        const original = files.find(({ name }) => name === header.linkname);
        if (original !== undefined) {
          files.push({ name: header.name, bytes: original.bytes });
        }
      }
      next();
    }, next);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      reader.on('finish', resolve);
      reader.on('error', reject);
      reader.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
  } catch (error) {
    throw new SourceError('protocol', 'The far end sent an archive that is broken.', {
      nextStep: 'Try again; if it stays so, check what the command prints.',
      cause: error,
    });
  }
  return files;
}
