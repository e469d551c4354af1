import type { TextDocument } from 'vscode';
import { locationOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';

/** The editor's own languages for instruction and prompt files. */
const promptLanguages: ReadonlySet<string> = new Set(['prompt', 'instructions', 'chatagent', 'chatmode', 'skill']);

/** Whether a document is an instruction or a prompt: those are measured section by section. */
export function isMeasuredDocument(document: TextDocument, instructions: InstructionsModel | undefined): boolean {
  return (
    promptLanguages.has(document.languageId) ||
    /\.prompt\.md$/i.test(document.uri.path) ||
    instructions?.isInstruction(locationOf(document.uri)) === true
  );
}
