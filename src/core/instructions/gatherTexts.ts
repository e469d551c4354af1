import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';
import { mapLimited } from './concurrency';
import type { InstructionRoot } from './instructionRoot';
import { formatById } from './formats/table';
import type { DescribedFile } from './describeFile';
import { placesOfMention } from './imports';
import type { ImportRules } from './formats/format';
import { findMentions } from './mentions';
import { fileId } from './model';
import type { FilePlace, IndexedRoot } from './model';
import { readText } from './readText';
import type { ReadFile } from './readText';

const parallelReads = 16;
/** The deepest chain that any harness follows, and one more to see that it goes on. */
const maxChain = 6;

export interface GatherInput {
  readonly files: readonly DescribedFile[];
  readonly roots: readonly InstructionRoot[];
  readonly indexedRoots: readonly IndexedRoot[];
  /** What was read before, by file id. */
  readonly known: ReadonlyMap<string, ReadFile>;
  /** True for a known text that need not be looked at again. */
  readonly isCurrent: (id: string) => boolean;
}

/**
 * Reads every text that instructions mention, directly or through one another, as far as any harness follows. Mentioned
 * files that are not there are in the result too, with status `missing`, so that the way a mention is tried is on record.
 */
export async function gatherTexts(input: GatherInput, options: WorkOptions): Promise<Map<string, ReadFile>> {
  const rootById = new Map(input.roots.map((root) => [root.id, root]));
  const texts = new Map<string, ReadFile>();
  for (const file of input.files) {
    await takeTurn(options);
    const { source, modifiedMs, realPath } = file;
    texts.set(file.id, { source, modifiedMs, realPath });
  }
  await takeTurn(options);
  let level = input.files.flatMap((file) => {
    const rules = formatById(file.format).imports;
    return rules === undefined ? [] : [{ place: { rootId: file.rootId, path: file.path }, rules }];
  });
  for (let depth = 1; depth <= maxChain && level.length > 0; depth++) {
    const wanted = new Map<string, { readonly place: FilePlace; readonly rules: ImportRules }>();
    for (const { place, rules } of level) {
      await takeTurn(options);
      const { text } = texts.get(fileId(place.rootId, place.path))!.source;
      for (const mention of findMentions(text, rules.syntax)) {
        for (const target of placesOfMention(mention, place, rules, input.indexedRoots)) {
          wanted.set(`${rules.syntax}${fileId(target.rootId, target.path)}`, { place: target, rules });
        }
      }
    }
    const followed = [...wanted.values()];
    await mapLimited(followed, parallelReads, async ({ place }) => {
      await takeTurn(options);
      const id = fileId(place.rootId, place.path);
      const root = rootById.get(place.rootId);
      if (texts.has(id) || root === undefined) {
        return;
      }
      const known = input.known.get(id);
      const current = known !== undefined && input.isCurrent(id);
      texts.set(id, current ? known : await readText(root.files, place.path, options, known));
    });
    await takeTurn(options);
    const seen = new Set(level.map(({ place, rules }) => rules.syntax + fileId(place.rootId, place.path)));
    level = followed.filter(({ place, rules }) => !seen.has(rules.syntax + fileId(place.rootId, place.path)));
  }
  return texts;
}
