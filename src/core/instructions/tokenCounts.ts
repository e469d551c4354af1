import type { EncodingName, TokenCounter } from '../tokens/counter';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';

/** UTF-16 units of the texts that are remembered. Most of them are held by the index anyway. */
const maxRememberedLength = 64 * 1024 * 1024;
const batchSize = 64;

/**
 * Counts texts in one encoding and remembers the numbers, so that accounting again after one file changed, or for
 * another harness, counts only what is new.
 */
export class TokenCounts {
  readonly encoding: EncodingName;
  private readonly counter: TokenCounter;
  /** The first counted first: a Map keeps the order of insertion. */
  private readonly remembered = new Map<string, number>();
  private rememberedLength = 0;

  constructor(counter: TokenCounter, encoding: EncodingName) {
    this.counter = counter;
    this.encoding = encoding;
  }

  /** In the order of the texts. Rejects as the counter does, and when cancelled. */
  async countAll(texts: readonly string[], options: WorkOptions = {}): Promise<number[]> {
    const counts = new Map<string, number | undefined>();
    for (const text of texts) {
      // The first look at a long text reads all of it, for its hash.
      await takeTurn(options);
      counts.set(text, this.remembered.get(text));
    }
    const unknown = [...counts].flatMap(([text, tokens]) => (tokens === undefined ? [text] : []));
    for (let at = 0; at < unknown.length; at += batchSize) {
      const batch = unknown.slice(at, at + batchSize);
      const tokens = await this.counter.countAll(batch, this.encoding, {
        signal: options.signal,
        turns: options.turns,
      });
      batch.forEach((text, index) => {
        counts.set(text, tokens[index]);
        this.remember(text, tokens[index]!);
      });
      options.progress?.report({ done: at + batch.length, total: unknown.length });
    }
    return texts.map((text) => counts.get(text)!);
  }

  private remember(text: string, tokens: number): void {
    if (!this.remembered.has(text)) {
      this.rememberedLength += text.length;
    }
    this.remembered.set(text, tokens);
    for (const oldest of this.remembered.keys()) {
      if (this.rememberedLength <= maxRememberedLength) {
        break;
      }
      this.remembered.delete(oldest);
      this.rememberedLength -= oldest.length;
    }
  }
}
