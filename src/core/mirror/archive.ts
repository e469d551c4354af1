import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { isSafeName } from '../cache/entryStates';
import { sha256Hex } from '../cache/fingerprint';
import { indexName, isValueName } from '../cache/keys';
import { scopeNames } from '../cache/model';
import { readInBatches } from '../cache/readValues';
import { isScopeName, seedFlagName } from '../cache/scopes';
import { SourceError, UserError } from '../errors';
import type { FileTree, TreeEntry } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import { packFiles, readArchives } from '../sources/tarArchive';
import type { ArchivedFile } from '../sources/tarArchive';
import { StaticTree } from './staticTree';

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const formatName = 'context-cache-export';
const formatVersion = 1;
const manifestName = 'manifest.json';
/** All scopes full to their quotas are 335 MiB. */
const largestArchive = 1024 * 1024 * 1024;

interface ManifestFile {
  /** The path in the cache, such as `task/summary_1`. */
  readonly path: string;
  /** The name in the archive: short, so that every tar can read it. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly modifiedMs: number;
}

/**
 * A cache as one `.tar.gz`: a manifest with the checksum of every file, the indexes, the values and the seed flag. Links
 * and anything else that is no value are left out. The cache is only read.
 */
export async function exportCache(
  tree: FileTree,
  options: WorkOptions & { readonly clock: Clock },
): Promise<{ readonly archive: Uint8Array; readonly files: number; readonly bytes: number }> {
  const scan = await tree.scan({ folders: ['', ...scopeNames] }, { signal: options.signal });
  const root = scan.folders.get('');
  if (root === undefined || root instanceof SourceError) {
    throw root ?? new SourceError('protocol', `${tree.label} did not list its root.`, { nextStep: 'Try again.' });
  }
  const listed: (TreeEntry & { readonly path: string })[] = root
    .filter(({ kind, name }) => kind === 'file' && name === seedFlagName)
    .map((entry) => ({ ...entry, path: entry.name }));
  for (const scope of scopeNames) {
    const listing = scan.folders.get(scope);
    for (const entry of listing === undefined || listing instanceof SourceError ? [] : listing) {
      if (entry.kind === 'file' && (entry.name === indexName || isValueName(entry.name))) {
        listed.push({ ...entry, path: `${scope}/${entry.name}` });
      }
    }
  }
  const contents = new Map<string, Uint8Array>();
  await readInBatches(
    tree,
    listed,
    (path, content) => {
      if (content instanceof SourceError) {
        throw content;
      }
      if (content !== undefined) {
        contents.set(path, content); // One that vanished meanwhile is not there any more.
      }
    },
    options,
  );
  const files = listed.flatMap(({ path, modifiedMs }, index): ManifestFile[] => {
    const bytes = contents.get(path);
    return bytes === undefined
      ? []
      : [{ path, file: `files/${index}`, sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes), modifiedMs }];
  });
  const manifest = {
    format: formatName,
    version: formatVersion,
    label: tree.label,
    exportedAt: new Date(options.clock.now()).toISOString(),
    files,
  };
  const packed = await packFiles([
    { name: manifestName, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) },
    ...files.map(({ path, file }) => ({ name: file, bytes: contents.get(path)! })),
  ]);
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { archive: await compress(packed), files: files.length, bytes };
}

/**
 * An exported cache as a tree that can be read, compared and copied from. Throws a `UserError` unless every file is
 * there, is what the manifest says, and has a place inside a cache.
 */
export async function openArchive(archive: Uint8Array, label: string): Promise<FileTree> {
  const archived = await unpack(archive, label);
  const manifest = archived.find(({ name }) => name === manifestName);
  const listed = manifest === undefined ? undefined : parseManifest(manifest.bytes);
  if (listed === undefined) {
    throw damaged(label, 'it has no manifest that can be read');
  }
  const byName = new Map(archived.map((file) => [file.name, file.bytes]));
  const contents = new Map<string, Uint8Array>();
  const folders = new Map<string, TreeEntry[]>([['', []]]);
  for (const { path, file, sha256, modifiedMs } of listed) {
    const bytes = byName.get(file);
    if (bytes === undefined || sha256Hex(bytes) !== sha256) {
      throw damaged(label, `'${path}' is missing or not what was exported`);
    }
    const [scope, name] = path === seedFlagName ? ['', path] : splitPath(path, label);
    if (!folders.has(scope)) {
      folders.set(scope, []);
      folders.get('')!.push({ name: scope, kind: 'folder', sizeBytes: 0, modifiedMs: 0 });
    }
    folders.get(scope)!.push({ name, kind: 'file', sizeBytes: bytes.byteLength, modifiedMs });
    contents.set(path, bytes);
  }
  return new StaticTree({
    id: `archive:${sha256Hex(archive)}`,
    label,
    folders,
    content: async (path) => Promise.resolve(contents.get(path)),
    whyReadOnly: 'it is an archive.',
    whyAbsent: 'it is not in the archive.',
  });
}

async function unpack(archive: Uint8Array, label: string): Promise<readonly ArchivedFile[]> {
  try {
    return await readArchives(await decompress(archive, { maxOutputLength: largestArchive }));
  } catch (error) {
    throw damaged(label, 'it is no .tar.gz archive, or was cut off', error);
  }
}

function splitPath(path: string, label: string): readonly [scope: string, name: string] {
  const slash = path.indexOf('/');
  const scope = path.slice(0, Math.max(slash, 0));
  const name = path.slice(slash + 1);
  if (!isScopeName(scope) || (name !== indexName && !isSafeName(name))) {
    throw damaged(label, `${JSON.stringify(path)} is no place inside a cache`);
  }
  return [scope, name];
}

function parseManifest(bytes: Uint8Array): readonly ManifestFile[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const manifest = value as Partial<Record<string, unknown>> | null;
  const files = manifest?.['files'];
  const known = manifest?.['format'] === formatName && manifest['version'] === formatVersion;
  return known && Array.isArray(files) && files.every(isManifestFile) ? files : undefined;
}

function isManifestFile(value: unknown): value is ManifestFile {
  const file = value as Partial<Record<string, unknown>> | null;
  return (
    typeof file?.['path'] === 'string' &&
    typeof file['file'] === 'string' &&
    typeof file['sha256'] === 'string' &&
    typeof file['modifiedMs'] === 'number'
  );
}

function damaged(label: string, reason: string, cause?: unknown): UserError {
  return new UserError(`'${label}' can't be imported: ${reason}.`, 'Export it again.', { cause });
}
