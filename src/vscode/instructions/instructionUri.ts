import { Uri } from 'vscode';

/** The scheme of the view's rows: only our own decorations answer it. */
const instructionScheme = 'context-cache-instruction';

/** The resource of a row; the path stays, so that the icon theme finds its icon. */
export function instructionUri(file: Uri): Uri {
  return Uri.from({ scheme: instructionScheme, path: file.path, query: file.toString() });
}
