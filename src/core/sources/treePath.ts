import { SourceError } from '../errors';

/** The segments of a path of a file tree; `forbidden` for one that could leave the root. The root has none. */
export function treeSegments(path: string): readonly string[] {
  if (path === '') {
    return [];
  }
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[\\\0]/.test(segment))) {
    throw new SourceError('forbidden', `${JSON.stringify(path)} is not a path inside the source.`, {
      nextStep: 'Use a path without empty, "." or ".." parts and without backslashes.',
    });
  }
  return segments;
}

/** The folder and the name of a file's path; `forbidden` for the root and for what could leave it. */
export function splitTreePath(path: string): { readonly folder: string; readonly name: string } {
  const segments = treeSegments(path);
  const name = segments.at(-1);
  if (name === undefined) {
    throw new SourceError('forbidden', 'The root of a source is not a file.', { nextStep: 'Name a file inside it.' });
  }
  return { folder: segments.slice(0, -1).join('/'), name };
}

export function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
