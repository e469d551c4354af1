import { createHash } from 'node:crypto';
import type { Finding } from '../findings';
import { harnessById } from '../instructions/account/table';
import type { InstructionAccount } from '../instructions/accountFor';
import type { InstructionFile } from '../instructions/model';
import type { TokenCounts } from '../instructions/tokenCounts';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';

/** Shorter paragraphs are alike by chance. UTF-16 units. */
const minParagraph = 80;
/** Less is not worth a word. */
const minTokens = 100;

interface Overlap {
  readonly first: InstructionFile;
  readonly second: InstructionFile;
  readonly shared: string[];
}

/**
 * Texts that stand in two instruction files, with the tokens that they cost. A warning where one harness has both in
 * every request; else a word of information that two copies must be kept alike. Links to one file are no copies.
 */
export async function findDuplicates(
  files: readonly InstructionFile[],
  accounts: readonly InstructionAccount[],
  counts: TokenCounts,
  options: WorkOptions = {},
): Promise<Finding[]> {
  const overlaps = await findOverlaps(files, options);
  const tokens = await counts.countAll(
    overlaps.map(({ shared }) => shared.join('\n\n')),
    options,
  );
  const always = accounts.map((account) => ({ account, ids: alwaysLoaded(account) }));
  return overlaps.flatMap(({ first, second }, at): Finding[] => {
    const payers = always.filter(({ ids }) => ids.has(first.id) && ids.has(second.id)).map(({ account }) => account);
    const isLink = first.rootId === second.rootId && first.realPath === second.realPath;
    if (tokens[at]! < minTokens || (isLink && payers.length === 0)) {
      return [];
    }
    const repeats = `\`${second.shownPath}\` repeats ${tokens[at]!} tokens of \`${first.shownPath}\``;
    const names = payers.map(({ harness }) => harnessById(harness).title).join(', ');
    return [
      payers.length > 0
        ? {
            id: 'duplicate',
            severity: 'warning',
            message: `${repeats}; both are in every request of ${names}.`,
            fix: 'Keep one, and let the other import it or name it.',
            path: second.location,
          }
        : {
            id: 'duplicate',
            severity: 'information',
            message: `${repeats}.`,
            fix: 'Keep one, and make the other an import or a link, so that they stay alike.',
            path: second.location,
          },
    ];
  });
}

/** The ids of the files whose texts are in every request. */
function alwaysLoaded({ files }: InstructionAccount): ReadonlySet<string> {
  return new Set(files.filter(({ mode, text }) => mode === 'always' && text !== '').map(({ file }) => file.id));
}

/** For each file, the earlier one that it shares most text with. */
async function findOverlaps(files: readonly InstructionFile[], options: WorkOptions): Promise<Overlap[]> {
  const firstWith = new Map<string, InstructionFile>();
  const overlaps: Overlap[] = [];
  for (const file of files) {
    await takeTurn(options);
    const candidates = new Map<InstructionFile, string[]>();
    for (const unit of unitsOf(file.source.text.slice(file.bodyStart))) {
      const hash = createHash('sha256').update(unit).digest('base64');
      const first = firstWith.get(hash);
      if (first === undefined) {
        firstWith.set(hash, file);
      } else if (first !== file) {
        const shared = candidates.get(first) ?? [];
        shared.push(unit);
        candidates.set(first, shared);
      }
    }
    const [best] = [...candidates].sort(([, left], [, right]) => lengthOf(right) - lengthOf(left));
    if (best !== undefined) {
      overlaps.push({ first: best[0], second: file, shared: best[1] });
    }
  }
  return overlaps;
}

/** Paragraphs, with the white space that does not matter taken out; a text without long ones is one unit. */
function unitsOf(text: string): readonly string[] {
  const paragraphs = text.split(/(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)/).map((one) => one.replace(/\s+/g, ' ').trim());
  const long = paragraphs.filter((paragraph) => paragraph.length >= minParagraph);
  const whole = paragraphs.join(' ').trim();
  return long.length > 0 || whole === '' ? long : [whole];
}

function lengthOf(units: readonly string[]): number {
  return units.reduce((sum, unit) => sum + unit.length, 0);
}
