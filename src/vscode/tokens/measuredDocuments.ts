import type { TextDocument } from 'vscode';
import { locationOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';

/** The editor's own languages for instruction and prompt files. */
const promptLanguages: ReadonlySet<string> = new Set(['prompt', 'instructions', 'chatagent', 'chatmode', 'skill']);

/** Longer texts are counted, but not taken apart: reading one as Markdown takes the editor's host too long. UTF-16 units. */
const maxMeasuredLength = 256 * 1024;

/** Whether a document is an instruction or a prompt: those are measured section by section. */
export function isMeasuredDocument(document: TextDocument, instructions: InstructionsModel | undefined): boolean {
  if (lengthOf(document) > maxMeasuredLength) {
    return false;
  }
  return (
    promptLanguages.has(document.languageId) ||
    /\.prompt\.md$/i.test(document.uri.path) ||
    instructions?.isInstruction(locationOf(document.uri)) === true
  );
}

/** UTF-16 units of a document, without putting its text together. */
export function lengthOf(document: TextDocument): number {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
}
