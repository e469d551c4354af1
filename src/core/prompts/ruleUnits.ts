/** One statement of a prompt: a list item, a table row, a line of code, or a sentence. */
export interface RuleUnit {
  /** As it is written, without list marks. */
  readonly text: string;
  /** For comparing: lower case, without marks, with single blanks. */
  readonly normal: string;
  /** From 0, in the text that it stands in. */
  readonly line: number;
}

const minimumLength = 12;

/** Splits a text into its statements. Headings, rules and very short pieces state nothing. */
export function ruleUnitsOf(text: string): RuleUnit[] {
  const units: RuleUnit[] = [];
  let paragraph: { text: string; line: number } | undefined;
  let fence: string | undefined;
  const add = (statement: string, line: number): void => {
    const normal = normalForm(statement);
    if (normal.length >= minimumLength) {
      units.push({ text: statement.trim(), normal, line });
    }
  };
  const endParagraph = (): void => {
    for (const sentence of paragraph === undefined ? [] : sentencesOf(paragraph.text)) {
      add(sentence, paragraph!.line);
    }
    paragraph = undefined;
  };
  text.split(/\r\n|\n|\r/).forEach((written, line, lines) => {
    const marker = /^\s*(`{3,}|~{3,})/.exec(written)?.[1];
    if (fence !== undefined || marker !== undefined) {
      endParagraph();
      if (fence === undefined) {
        fence = marker!.slice(0, 3);
      } else if (marker?.startsWith(fence) === true) {
        fence = undefined;
      } else {
        add(written, line);
      }
      return;
    }
    const item = /^\s*(?:[-*+•]|\d+[.)])\s+(.*)$/.exec(written)?.[1];
    const isTableHead = /^\s*\|/.test(written) && /^\s*\|[\s:|-]+$/.test(lines[line + 1] ?? '');
    if (isTableHead || /^\s*(?:#{1,6}\s|[-*_=]{3,}\s*$|\|[\s:|-]+$|$)/.test(written)) {
      endParagraph();
    } else if (item !== undefined || /^\s*\|/.test(written)) {
      endParagraph();
      paragraph = { text: item ?? written, line };
      if (item === undefined) {
        endParagraph();
      }
    } else {
      paragraph =
        paragraph === undefined
          ? { text: written, line }
          : { ...paragraph, text: `${paragraph.text} ${written.trim()}` };
    }
  });
  endParagraph();
  return units;
}

/** A whole text in the form in which statements are compared: one that stands in it anywhere is part of it. */
export function normalText(text: string): string {
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.replace(/^\s*(?:[-*+•]|\d+[.)])\s+/, ''));
  return normalForm(lines.join(' '));
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?。！？])\s+/);
}

function normalForm(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[*_`|>#]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
