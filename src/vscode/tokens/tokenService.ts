import type { TokenCounter } from '../../core/tokens/counter';

/**
 * The extension's counter. The tokenizer is loaded at the first count, never at activation: a damaged installation
 * then fails that count with its reason instead of the whole extension.
 */
export function createTokenService(): TokenCounter {
  let loading: Promise<TokenCounter> | undefined;
  const load = async (): Promise<TokenCounter> => {
    loading ??= import('../../core/tokens/localCounter').then(({ createTokenCounter }) => createTokenCounter());
    const current = loading;
    try {
      return await current;
    } catch (error) {
      if (loading === current) {
        loading = undefined;
      }
      throw error;
    }
  };
  return {
    count: async (text, encoding, options) => (await load()).count(text, encoding, options),
    countAll: async (texts, encoding, options) => (await load()).countAll(texts, encoding, options),
    dispose: () => {
      void loading?.then(
        (counter) => {
          counter.dispose();
        },
        () => undefined,
      );
    },
  };
}
