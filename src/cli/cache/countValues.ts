import type { ValueVisitor } from '../../core/cache/valueHashes';
import type { EncodingName } from '../../core/tokens/counter';
import { createTokenCounter } from '../../core/tokens/localCounter';
import { dataFolderOf } from '../dataFolder';
import type { CliContext } from '../io';
import type { TokenOptions } from './options';

/** Tokens by `<scope>/<key>`; a value that is not UTF-8 text has none. */
export interface ValueTokens {
  readonly onValue: ValueVisitor;
  of(scope: string, key: string): number | undefined;
  dispose(): void;
}

/** Counts the values that a snapshot reads. */
export function countValues(options: TokenOptions, context: CliContext): ValueTokens {
  const tokens = new Map<string, number>();
  const counter = options.tokens ? createTokenCounter({ dataFolder: dataFolderOf(context) }) : undefined;
  const { signal } = context;
  const encoding: EncodingName = options.encoding;
  return {
    onValue: async (path, bytes) => {
      const text = counter === undefined ? undefined : decode(bytes);
      if (counter !== undefined && text !== undefined) {
        tokens.set(path, await counter.count(text, encoding, { signal }));
      }
    },
    of: (scope, key) => tokens.get(`${scope}/${key}`),
    dispose: () => {
      counter?.dispose();
    },
  };
}

/** The text of a value; undefined for bytes that are not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
