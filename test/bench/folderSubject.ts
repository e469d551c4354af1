/**
 * Counts files for countFolders.ts, in a process of its own since tiktoken may never come back: for each path that it
 * is sent, one answer.
 */
import { readFileSync } from 'node:fs';
import { IncrementalDocument } from '../../src/core/tokens/document';
import { EditSequence } from '../support/editSequences';
import { seededRandom } from '../support/randomTexts';
import { openEncoderPairs } from '../support/tiktokenReference';
import type { EncoderPair } from '../support/tiktokenReference';

export interface FileTask {
  readonly path: string;
  /** What differences are told with. */
  readonly name: string;
  readonly seed: number;
  /** Events to apply to the document, each compared with a full count. */
  readonly edits: number;
}

/** What was found of a file; undefined when it is no text. */
export interface FileResult {
  readonly bytes: number;
  /** By encoding. */
  readonly tokens: Readonly<Record<string, number>>;
  readonly edits: number;
  /** In words; none when everything is equal. */
  readonly differences: readonly string[];
}

function countFile(pairs: readonly EncoderPair[], { path, name, seed, edits }: FileTask): FileResult | undefined {
  const bytes = readFileSync(path);
  const text = bytes.toString();
  if (bytes.includes(0) || !bytes.equals(Buffer.from(text))) {
    return undefined;
  }
  const tokens: Record<string, number> = {};
  const differences: string[] = [];
  for (const { encoding, ours, reference } of pairs) {
    const compare = (what: string, document: IncrementalDocument, current: string): number => {
      const [expected, found] = [reference(current), ours.encode(current)];
      if (!expected.every((token, index) => token === found[index]) || found.length !== expected.length) {
        differences.push(`${name}, ${encoding}, ${what}: other tokens`);
      }
      for (const count of [ours.count(current), document.tokens]) {
        if (count !== expected.length) {
          differences.push(`${name}, ${encoding}, ${what}: ${count} instead of ${expected.length}`);
        }
      }
      return expected.length;
    };
    const document = new IncrementalDocument(text, ours);
    tokens[encoding] = compare('as it is', document, text);
    const sequence = new EditSequence(seededRandom(seed), text);
    let current = text;
    for (let edit = 1; edit <= edits; edit++) {
      const { changes, text: edited } = sequence.next();
      document.apply(changes);
      current = edited;
      if (document.tokens !== ours.count(edited)) {
        differences.push(`${name}, ${encoding}, seed ${seed}, edit ${edit}: ${JSON.stringify(changes)}`);
      }
    }
    compare(`after ${edits} edits of seed ${seed}`, document, current);
  }
  return { bytes: bytes.length, tokens, edits: edits * pairs.length, differences };
}

void openEncoderPairs().then((pairs) => {
  process.on('message', (task: FileTask) => {
    process.send!({ result: countFile(pairs, task) });
  });
  process.send!('ready');
});
