import type { EncodingName } from '../../core/tokens/counter';
import type { RawToken } from './tokenSpans';

/** Shows the tokens of a text themselves, with their ids and bytes, rather than their number. */
export interface TokenInspector {
  /**
   * @param text a part that a person looks at; long unbroken runs take long
   * @returns the tokens in order; lone surrogates count as U+FFFD
   */
  inspect(text: string, encoding: EncodingName): Promise<RawToken[]>;
  dispose(): void;
}

interface Encoder {
  encode_ordinary(text: string): Uint32Array;
  decode_single_token_bytes(token: number): Uint8Array;
  free(): void;
}

/** An inspector on tiktoken, loaded at the first use. */
export function createTokenInspector(): TokenInspector {
  const encoders = new Map<EncodingName, Encoder>();
  return {
    inspect: async (text, encoding) => {
      let encoder = encoders.get(encoding);
      if (encoder === undefined) {
        const { get_encoding } = await import('tiktoken');
        encoder = encoders.get(encoding) ?? get_encoding(encoding);
        encoders.set(encoding, encoder);
      }
      const tokens = encoder.encode_ordinary(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
      // The bytes are a view of WASM memory that the next call may move.
      return Array.from(tokens, (id) => ({ id, bytes: Uint8Array.from(encoder.decode_single_token_bytes(id)) }));
    },
    dispose: () => {
      for (const encoder of encoders.values()) {
        encoder.free();
      }
      encoders.clear();
    },
  };
}
