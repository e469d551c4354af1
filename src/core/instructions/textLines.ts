import type { TextRange } from '../findings';

/** Turns offsets of one text into lines and characters; `\n`, `\r\n` and a lone `\r` end a line, as in the editor. */
export class TextLines {
  private readonly starts: number[] = [0];
  private readonly length: number;

  constructor(text: string) {
    this.length = text.length;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 0x0a || (unit === 0x0d && text.charCodeAt(at + 1) !== 0x0a)) {
        this.starts.push(at + 1);
      }
    }
  }

  get count(): number {
    return this.starts.length;
  }

  /** Line and character, both from 0, of an offset; offsets beyond the text mean its end. */
  position(offset: number): { readonly line: number; readonly character: number } {
    const wanted = Math.min(Math.max(offset, 0), this.length);
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= wanted) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { line: low, character: wanted - this.starts[low]! };
  }

  /** The offset of a line and character, both from 0; places beyond the text mean its end. */
  offset(line: number, character: number): number {
    return Math.min((this.starts[line] ?? this.length) + character, this.length);
  }

  range(start: number, end: number): TextRange {
    const from = this.position(start);
    const to = this.position(Math.max(start, end));
    return { startLine: from.line, startCharacter: from.character, endLine: to.line, endCharacter: to.character };
  }
}
