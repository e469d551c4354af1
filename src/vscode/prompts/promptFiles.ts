import { workspace } from 'vscode';
import type { Uri } from 'vscode';
import type { PromptFiles } from '../../core/prompts/resolve';
import { createEditorFiles, uriOf } from '../instructions/editorFiles';

/** The files of a workspace folder as they stand in the editor: unsaved text goes before what is on disk. */
export interface OpenPromptFiles extends PromptFiles {
  /** Locations that were asked for, found or not. */
  readonly asked: ReadonlySet<string>;
  /** Empty lines at the head of each text that was read, which compiling drops. */
  readonly leadingLines: ReadonlyMap<string, number>;
}

export function createPromptFiles(root: Uri): OpenPromptFiles {
  const disk = createEditorFiles(root, { searchable: false, exclude: [], libraryFolders: [] });
  const asked = new Set<string>();
  const leadingLines = new Map<string, number>();
  return {
    asked,
    leadingLines,
    locate: (path) => disk.locate(path),
    read: async (path, options) => {
      const location = disk.locate(path);
      asked.add(location);
      const unsaved = unsavedText(uriOf(location));
      const bytes = unsaved === undefined ? await disk.read(path, options) : new TextEncoder().encode(unsaved);
      leadingLines.set(location, countLeadingLines(new TextDecoder().decode(bytes)));
      return bytes;
    },
  };
}

/** The text of a document that is open and changed; undefined when the file on disk is what counts. */
function unsavedText(uri: Uri): string | undefined {
  const wanted = uri.toString();
  return workspace.textDocuments.find((document) => document.isDirty && document.uri.toString() === wanted)?.getText();
}

function countLeadingLines(text: string): number {
  const head = /^(?:[^\S\r\n]*(?:\r\n|\r|\n))+/.exec(text)?.[0] ?? '';
  return [...head.matchAll(/\r\n|\r|\n/g)].length;
}
