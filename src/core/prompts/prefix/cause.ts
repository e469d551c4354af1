import { sortNames } from '../tools';
import type { JsonValue } from '../../cache/model';
import type { PrefixDocument } from './document';
import { partAt } from './document';
import type { Divergence } from './divergence';

/** Why a prefix broke, as far as the two texts show it. */
export interface BreakCause {
  /** The rule that describes it; undefined for an ordinary edit. */
  readonly ruleId: string | undefined;
  readonly message: string;
}

interface Swap {
  readonly ruleId: string;
  readonly message: string;
  /** What may differ. */
  readonly pattern: RegExp;
}

/** Tried in this order: the first one whose removal makes the two lines equal is the cause. */
const swaps: readonly Swap[] = [
  { ruleId: 'CB09', message: 'Only white space differs.', pattern: /[\s\uFEFF]+/g },
  {
    ruleId: 'CB02',
    message: 'An id differs that is made anew for each request or session.',
    pattern: /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b/gi,
  },
  {
    ruleId: 'CB01',
    message: 'A date or time differs.',
    pattern:
      /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?|\b\d{1,2}:\d\d(?::\d\d)?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b,?|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b\s*\d{0,2}(?:st|nd|rd|th)?,?\s*\d{0,4}/gi,
  },
  {
    ruleId: 'CB17',
    message: 'An absolute path differs.',
    pattern: /(?:\/(?:home|Users|root|tmp|var|mnt|workspaces?)|[A-Za-z]:\\)[^\s"'`<>)]*/g,
  },
  { ruleId: 'CB12', message: 'Only numbers differ: a counter or a measurement.', pattern: /\d+(?:[.,]\d+)*/g },
];

/** Explains a break by the two requests and by the lines at which they part ways. */
export function explainBreak(
  left: PrefixDocument,
  right: PrefixDocument,
  divergence: Divergence | undefined,
): BreakCause | undefined {
  if (left.model !== undefined && right.model !== undefined && left.model !== right.model) {
    return { ruleId: 'CB07', message: `The model changes from ${left.model} to ${right.model}.` };
  }
  if (divergence === undefined) {
    return left.messageSettings === right.messageSettings
      ? undefined
      : { ruleId: 'CB07', message: 'The choice of tools or the thinking setting changes.' };
  }
  const { commonLength } = divergence;
  const leftPart = partAt(left, commonLength);
  const rightPart = partAt(right, commonLength);
  if (commonLength >= left.text.length) {
    return { ruleId: undefined, message: 'The second continues the first: nothing breaks.' };
  }
  if (leftPart?.zone === 'tools' && !left.joint) {
    return toolCause(left, right);
  }
  const swap = swapOf(lineAt(left.text, commonLength), lineAt(right.text, commonLength));
  if (swap !== undefined) {
    return { ruleId: swap.ruleId, message: swap.message };
  }
  if (leftPart?.zone === 'messages' && rightPart?.zone === 'messages') {
    const images = [leftPart, rightPart].map(({ start, end }, index) =>
      /"type":"(?:image|input_image|image_url)"|"inlineData"/.test([left, right][index]!.text.slice(start, end)),
    );
    return images.includes(true)
      ? { ruleId: 'CB08', message: 'A picture was added, removed or changed in an earlier message.' }
      : { ruleId: 'CB10', message: 'An earlier message was edited, removed or moved.' };
  }
  return { ruleId: undefined, message: 'The text was edited.' };
}

function toolCause(left: PrefixDocument, right: PrefixDocument): BreakCause {
  const toolsOf = (document: PrefixDocument): string[] =>
    document.parts
      .filter(({ zone }) => zone === 'tools')
      .map(({ start, end }) => document.text.slice(start, end).trim());
  const [before, after] = [toolsOf(left), toolsOf(right)];
  const sorted = (texts: readonly string[]): string => [...texts].sort().join('\n');
  if (sorted(before) === sorted(after)) {
    return { ruleId: 'CB04', message: 'The same tools stand in another order.' };
  }
  const canonical = (texts: readonly string[]): string => texts.map((text) => canonicalJson(text)).join('\n');
  return canonical(before) === canonical(after)
    ? { ruleId: 'CB03', message: 'The same tools are written with their names in another order.' }
    : { ruleId: 'CB04', message: 'A tool was added, removed or changed.' };
}

function canonicalJson(text: string): string {
  try {
    return JSON.stringify(sortNames(JSON.parse(text) as JsonValue));
  } catch {
    // A tool that is no JSON is compared as it is written.
    return text;
  }
}

function swapOf(left: string, right: string): Swap | undefined {
  if (left.normalize('NFC') === right.normalize('NFC')) {
    return {
      ruleId: 'CB09',
      message: 'The same characters are composed differently (Unicode normalisation).',
      pattern: /$^/,
    };
  }
  return swaps.find(({ pattern }) => left.replace(pattern, '') === right.replace(pattern, ''));
}

function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end === -1 ? undefined : end);
}
