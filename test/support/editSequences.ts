import type { TextChange } from '../../src/core/tokens/document';
import { randomText } from './randomTexts';

type Random = () => number;

/** One event of the editor, and the text that it leads to. */
export interface Edit {
  readonly changes: readonly TextChange[];
  readonly text: string;
}

const words = [
  ...[
    'the',
    'Token',
    'cache',
    'don’t',
    "it's",
    "WE'LL",
    "we'rEd",
    "he'lLo",
    '漢字',
    '1234',
    '##',
    '```',
    '/usr/bin',
    'getHTTPResponse',
  ],
  ...['—', 'e\u0301te\u0301', '한국어', 'العربية', 'ภาษาไทย', '👩‍👩‍👧', '\ufeff', '<|endoftext|>'],
];
const breaks = [' ', ' ', ' ', ' ', ', ', '.\n', '\r\n', '\n\n', '  ', '\t', '\u00a0', '//\n'];
/** What runs are made of that have no place where they could be cut. */
const units = [
  'a',
  'A',
  'ab',
  'aA',
  ' ',
  '\n',
  '\r\n',
  '/',
  '=',
  '-=',
  '1',
  '中',
  '😀',
  '\u0301',
  ' \t',
  "'",
  '\u0085',
];

/** Ordinary sentences with line ends of both kinds, headings, code and scripts of all kinds. */
export function prose(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    text += pick(random, words) + pick(random, breaks);
  }
  return text;
}

/** Characters without a break: of one kind, or of base64. */
export function unbrokenRun(random: Random, length: number): string {
  if (random() < 0.3) {
    return Buffer.from(Array.from({ length: Math.ceil(length * 0.75) }, () => random() * 256)).toString('base64');
  }
  const unit = pick(random, units);
  return unit.repeat(Math.ceil(length / unit.length));
}

/** Texts of many lengths, short ones more often: prose, anything, runs in between. */
export function documentText(random: Random, longest: number): string {
  const length = Math.floor(longest * random() ** 3);
  const kind = random();
  if (kind < 0.1) {
    return randomText(random, length);
  }
  if (kind < 0.7) {
    return prose(random, length);
  }
  const run = unbrokenRun(random, Math.min(length, 1_500));
  const around = Math.max(0, length - run.length);
  return prose(random, around * random()) + run + prose(random, around * random());
}

/**
 * What somebody does to a text for a while: typing, deleting, pasting, several cursors, moving lines, replacing
 * everything, changing line ends, undoing and redoing. Changes of an event are listed as the editor lists them.
 */
export class EditSequence {
  readonly #random: Random;
  #text: string;
  #caret: number;
  readonly #undone: (readonly TextChange[])[] = [];
  readonly #done: (readonly TextChange[])[] = [];

  constructor(random: Random, text: string) {
    this.#random = random;
    this.#text = text;
    this.#caret = Math.floor(random() * (text.length + 1));
  }

  next(): Edit {
    const random = this.#random;
    const kind = random();
    const undo = kind < 0.08 ? this.#done.pop() : undefined;
    if (undo !== undefined) {
      this.#undone.push(this.#apply(undo));
      return { changes: undo, text: this.#text };
    }
    const redo = kind < 0.12 ? this.#undone.pop() : undefined;
    if (redo !== undefined) {
      this.#done.push(this.#apply(redo));
      return { changes: redo, text: this.#text };
    }
    if (random() < 0.4) {
      this.#caret = this.#place();
    }
    const changes = this.#someChanges(kind);
    this.#undone.length = 0;
    this.#done.push(this.#apply(changes));
    return { changes, text: this.#text };
  }

  #someChanges(kind: number): TextChange[] {
    const random = this.#random;
    const text = this.#text;
    const rest = text.length - this.#caret;
    if (kind < 0.5) {
      return [this.#replace(this.#caret, 0, randomText(random, 1 + Math.floor(random() * 4)))];
    }
    if (kind < 0.65) {
      return [this.#replace(this.#caret, Math.min(rest, 1 + Math.floor(random() ** 3 * 40)), '')];
    }
    if (kind < 0.75) {
      return [this.#replace(this.#caret, Math.floor(random() ** 4 * rest), prose(random, random() * 60))];
    }
    if (kind < 0.79) {
      return [this.#replace(this.#caret, 0, documentText(random, 9_000))];
    }
    if (kind < 0.82) {
      return [this.#replace(this.#caret, Math.floor(random() * rest), '')];
    }
    if (kind < 0.92) {
      return this.#severalCursors();
    }
    if (kind < 0.96) {
      return this.#moveLine();
    }
    const unix = text.replaceAll('\r\n', '\n');
    const all = [unix, unix.replaceAll('\n', '\r\n'), text.toUpperCase(), text, documentText(random, 4_000), ''];
    return [this.#replace(0, text.length, pick(random, all))];
  }

  /** A place in the text; often where a document of parts of 2,048 units has a border, or near it. */
  #place(): number {
    const random = this.#random;
    const { length } = this.#text;
    const any = Math.floor(random() * (length + 1));
    const border = Math.round(any / 2048) * 2048 + Math.floor(random() * 9) - 4;
    return random() < 0.3 && border >= 0 && border <= length ? border : any;
  }

  #severalCursors(): TextChange[] {
    const random = this.#random;
    const cursors = Array.from({ length: 2 + Math.floor(random() * 5) }, () => this.#place());
    const inserted = randomText(random, Math.floor(random() * 4));
    const changes: TextChange[] = [];
    let behind = this.#text.length;
    for (const rangeOffset of [...new Set(cursors)].sort((one, other) => other - one)) {
      const rangeLength = Math.min(Math.floor(random() * 6), behind - rangeOffset);
      changes.push(this.#replace(rangeOffset, rangeLength, inserted));
      behind = rangeOffset;
    }
    return changes;
  }

  /** Takes a line away and puts it in before an earlier one. */
  #moveLine(): TextChange[] {
    const text = this.#text;
    const start = text.lastIndexOf('\n', this.#caret - 1) + 1;
    const end = text.indexOf('\n', this.#caret) + 1 || text.length;
    const to = text.lastIndexOf('\n', Math.max(0, start - 2)) + 1;
    return start === 0
      ? [this.#replace(this.#caret, 0, '\n')]
      : [this.#replace(start, end - start, ''), this.#replace(Math.min(to, start), 0, text.slice(start, end))];
  }

  #replace(rangeOffset: number, rangeLength: number, text: string): TextChange {
    return { rangeOffset, rangeLength, text };
  }

  /** Returns the changes that undo these, in the order in which they have to be applied. */
  #apply(changes: readonly TextChange[]): TextChange[] {
    const inverse: TextChange[] = [];
    for (const { rangeOffset, rangeLength, text } of changes) {
      const end = rangeOffset + rangeLength;
      inverse.unshift(this.#replace(rangeOffset, text.length, this.#text.slice(rangeOffset, end)));
      this.#text = this.#text.slice(0, rangeOffset) + text + this.#text.slice(end);
      this.#caret = rangeOffset + text.length;
    }
    return inverse;
  }
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}
