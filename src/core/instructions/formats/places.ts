import type { Location, Place } from './format';

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of a path; `''` at the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

export function withoutExtension(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name : name.slice(0, dot);
}

/**
 * A file that harnesses find by its exact name in any folder. Written in another case it counts only at the root, with
 * the proper name, since deeper down `agents.md` is more often a page of documentation.
 */
export function locateByName(path: string, names: readonly string[]): Location | undefined {
  const name = baseName(path);
  const base = folderOf(path);
  if (names.includes(name)) {
    return { base, home: '', name };
  }
  if (base !== '') {
    return undefined;
  }
  const properName = names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return properName === undefined ? undefined : { base, home: '', name, properName };
}

/**
 * A file below `<base>/<folder>/`, such as `.cursor/rules`, in which `pattern` matches the rest of the path. Only a
 * workspace has settings folders below its root.
 */
export function locateBelow(place: Place, folder: string, pattern: RegExp): Location | undefined {
  const { path } = place;
  const lower = path.toLowerCase();
  const at = lower.startsWith(`${folder}/`) ? 0 : lower.indexOf(`/${folder}/`) + 1;
  const found = lower.startsWith(`${folder}/`, at) && (at === 0 || place.rootKind === 'workspace');
  if (!found || !pattern.test(lower.slice(at + folder.length + 1))) {
    return undefined;
  }
  return {
    base: at === 0 ? '' : path.slice(0, at - 1),
    home: folder.split('/')[0]!,
    name: withoutExtension(baseName(path)),
  };
}

/** As `locateBelow`, but only directly at the root. */
export function locateAtRoot(place: Place, folder: string, pattern: RegExp): Location | undefined {
  const location = locateBelow(place, folder, pattern);
  return location?.base === '' ? location : undefined;
}
