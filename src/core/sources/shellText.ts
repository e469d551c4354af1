/** A word that a POSIX shell reads back as exactly this text. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path relative to the root, in a form that no program takes for an option. */
export function shellPath(path: string): string {
  return quoteWord(path === '' ? '.' : `./${path}`);
}

/** Each folder on the way to a folder of the tree, outermost first: `a`, `a/b` of `a/b`. */
export function foldersOnTheWay(folder: string): readonly string[] {
  const segments = folder === '' ? [] : folder.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}
