import type { CountOptions, TokenCounter } from '../../tokens/counter';
import type { MeasuredPrompt } from '../measure';
import { splitSections } from '../sections';
import { cumulativeTokens } from './cumulativeTokens';
import type { ReportSection } from './model';

/** More sections than this of one part are too thin to be seen: the last one takes the rest. */
const mostSections = 60;

interface Cut {
  readonly title: string;
  /** In the prompt's text. */
  readonly start: number;
}

/** The sections of each part of a prompt by their headings; a part without at least two has none. */
export async function measureSections(
  { prompt, encoding, tokens, pieces }: MeasuredPrompt,
  counter: TokenCounter,
  options: CountOptions = {},
): Promise<readonly (readonly ReportSection[])[]> {
  const cuts = prompt.pieces.map(({ kind, text }, index): Cut[] =>
    kind === 'text' || kind === 'file' || kind === 'instruction' ? cutsOf(text, prompt.offsets[index]!) : [],
  );
  const places = cuts.flatMap((own) => own.map(({ start }) => start));
  const { before } = await cumulativeTokens(prompt.text, places, counter, encoding, options);
  let next = 0;
  return cuts.map((own, index) => {
    const { offset, added } = pieces[index]!;
    const end = index === pieces.length - 1 ? tokens : offset + added;
    const starts = own.map((_, section) => (section === 0 ? offset : before[next + section]!));
    next += own.length;
    return own.map(({ title }, section) => ({ title, added: (starts[section + 1] ?? end) - starts[section]! }));
  });
}

function cutsOf(text: string, offset: number): Cut[] {
  const sections = splitSections(text);
  if (sections.length < 2) {
    return [];
  }
  let start = offset;
  return sections.slice(0, mostSections).map((section) => {
    const cut = { title: section.title, start };
    start += section.text.length;
    return cut;
  });
}
