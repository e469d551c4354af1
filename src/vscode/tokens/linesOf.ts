import { Range } from 'vscode';
import type { TextDocument } from 'vscode';
import type { LinedText } from './textInSlices';

/** A document of the editor, whose text can be taken in slices. */
export function linesOf(document: TextDocument): LinedText {
  return {
    get version() {
      return document.version;
    },
    get lineCount() {
      return document.lineCount;
    },
    linesBetween: (firstLine, endLine) => document.getText(new Range(firstLine, 0, endLine, 0)),
  };
}
