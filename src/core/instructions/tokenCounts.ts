import { createHash } from 'node:crypto';
import type { EncodingName, TokenCounter } from '../tokens/counter';
import type { WorkOptions } from '../ports';

const maxRemembered = 20_000;
const batchSize = 64;

/**
 * Counts texts in one encoding and remembers the numbers, so that accounting again after one file changed, or for
 * another harness, counts only what is new. Remembers hashes and numbers, no texts.
 */
export class TokenCounts {
  readonly encoding: EncodingName;
  private readonly counter: TokenCounter;
  private readonly remembered = new Map<string, number>();

  constructor(counter: TokenCounter, encoding: EncodingName) {
    this.counter = counter;
    this.encoding = encoding;
  }

  /** In the order of the texts. Rejects as the counter does, and when cancelled. */
  async countAll(texts: readonly string[], options: WorkOptions = {}): Promise<number[]> {
    const keys = texts.map(keyOf);
    const missing = new Map<string, string>();
    keys.forEach((key, index) => {
      if (!this.remembered.has(key)) {
        missing.set(key, texts[index]!);
      }
    });
    const fresh = new Map<string, number>();
    const wanted = [...missing];
    for (let at = 0; at < wanted.length; at += batchSize) {
      const batch = wanted.slice(at, at + batchSize);
      const counts = await this.counter.countAll(
        batch.map(([, text]) => text),
        this.encoding,
        { signal: options.signal },
      );
      batch.forEach(([key], index) => fresh.set(key, counts[index]!));
      options.progress?.report({ done: at + batch.length, total: wanted.length });
    }
    const results = keys.map((key) => fresh.get(key) ?? this.remembered.get(key)!);
    for (const [key, tokens] of fresh) {
      this.remember(key, tokens);
    }
    return results;
  }

  private remember(key: string, tokens: number): void {
    if (this.remembered.size >= maxRemembered) {
      // The oldest go first; a Map keeps the order of insertion.
      const oldest = this.remembered.keys().next();
      if (oldest.done !== true) {
        this.remembered.delete(oldest.value);
      }
    }
    this.remembered.set(key, tokens);
  }
}

function keyOf(text: string): string {
  return text.length <= 43 ? `=${text}` : createHash('sha256').update(text, 'utf16le').digest('base64');
}
