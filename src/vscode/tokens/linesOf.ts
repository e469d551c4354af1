import { Range } from 'vscode';
import type { TextDocument } from 'vscode';
import type { LinedText } from './textInSlices';

/** A document of the editor, or a range of it, whose text can be taken in slices. */
export function linesOf(document: TextDocument, range?: Range): LinedText {
  if (range !== undefined) {
    const { start, end } = range;
    return {
      get version() {
        return document.version;
      },
      lineCount: end.line - start.line + 1,
      linesBetween: (firstLine, endLine) => {
        const lines = new Range(start.line + firstLine, 0, start.line + endLine, 0);
        return document.getText(lines.intersection(range));
      },
    };
  }
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
