import { UserError } from '../errors';
import { layouts } from './layouts';
import type { Layer } from './model';

const longestPath = 4096;
const longestSegment = 255;

/**
 * The path of an archive's file in one spelling, such as `traces/ab12.json` for `./traces/ab12.json`. Throws a
 * `UserError` for one that could leave the folder that it is unpacked to, or that not every system can keep.
 */
export function archivePath(given: string): string {
  const segments = given.split('/').filter((segment, index) => !(segment === '.' && index === 0));
  const problem = problemOf(given, segments);
  if (problem !== undefined) {
    throw new UserError(
      `The archive has a file ${JSON.stringify(given.slice(0, 200))}: ${problem}.`,
      'Nothing was imported. Use an archive whose files all lie below one folder.',
    );
  }
  return segments.join('/');
}

function problemOf(given: string, segments: readonly string[]): string | undefined {
  if (given.startsWith('/') || /^[a-zA-Z]:/.test(given)) {
    return 'its path is absolute';
  }
  if (segments.some((segment) => segment === '..')) {
    return 'its path leads out of the archive';
  }
  if (segments.length === 0 || segments.some((segment) => segment === '' || segment === '.')) {
    return 'its path has an empty part';
  }
  // eslint-disable-next-line no-control-regex -- these are the characters that are refused
  if (/[\u0000-\u001f\u007f\\\ufffd]/.test(given)) {
    return 'its name has characters that a file can not have everywhere';
  }
  if (given.length > longestPath || segments.some((segment) => Buffer.byteLength(segment) > longestSegment)) {
    return 'its path is too long';
  }
  return undefined;
}

/**
 * Which layer a file of an archive belongs to, and under which name. Layers with names of their own know their files
 * below any folder, so that an archive of a whole home folder fits; a plain layer takes what the others leave.
 */
export function placeInLayers<Target extends { readonly layer: Layer }>(
  targets: readonly Target[],
  path: string,
): { readonly target: Target; readonly name: string } | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1);
  for (const target of targets) {
    const { kind, transferable, isEntry, entryOfCompanion } = layouts[target.layer.kind];
    if (kind !== 'plain' && transferable && (isEntry(base) || entryOfCompanion(base) !== undefined)) {
      return { target, name: base };
    }
  }
  const plain = targets.find(({ layer }) => layer.kind === 'plain');
  return plain === undefined ? undefined : { target: plain, name: path.replace(/^plain\/(?=.)/, '') };
}
