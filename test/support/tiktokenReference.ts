import { get_encoding } from 'tiktoken';
import type { Tiktoken } from 'tiktoken';
import { encodingNames } from '../../src/core/tokens/counter';
import type { EncodingName } from '../../src/core/tokens/counter';
import { createTokenCounter } from '../../src/core/tokens/localCounter';
import type { TokenEncoder } from '../../src/core/tokens/tokenEncoder';

/** Our encoders beside tiktoken's, which are the reference. Free them at the end. */
export interface EncoderPair {
  readonly encoding: EncodingName;
  readonly ours: TokenEncoder;
  /** tiktoken's ordinary encoding. Quadratic on unbroken runs: keep those under a few thousand characters. */
  readonly reference: (text: string) => Uint32Array;
  /** The bytes of a token. */
  readonly bytesOf: (token: number) => Uint8Array;
  readonly free: () => void;
}

export async function openEncoderPairs(): Promise<EncoderPair[]> {
  const counter = createTokenCounter();
  return Promise.all(
    encodingNames.map(async (encoding) => {
      const tiktoken: Tiktoken = get_encoding(encoding);
      return {
        encoding,
        ours: await counter.encoder(encoding),
        reference: (text: string) => tiktoken.encode_ordinary(text),
        bytesOf: (token: number) => tiktoken.decode_single_token_bytes(token),
        free: () => {
          tiktoken.free();
        },
      };
    }),
  );
}

/** The pairs for the tests of a `describe`: there from its first test on, and freed after its last. */
export function useEncoderPairs(): readonly EncoderPair[] {
  const pairs: EncoderPair[] = [];

  before(async () => {
    pairs.push(...(await openEncoderPairs()));
  });

  after(() => {
    for (const pair of pairs) {
      pair.free();
    }
  });

  return pairs;
}
