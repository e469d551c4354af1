import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SummaryAnswer, SummaryModel, SummaryQuestion } from '../../../src/core/summaries/model';
import { SummaryStatistics } from '../../../src/core/summaries/savings';
import { silentLogger } from '../../../src/core/ports';
import { Summarizer } from '../../../src/core/summaries/summarizer';
import { WorkLeases } from '../../../src/core/summaries/workLeases';
import type { TokenCounter } from '../../../src/core/tokens/counter';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { goldenClock } from '../cache/temporaryCache';

/** A token is four characters here, so that sizes can be worked out by hand. */
export const quarterCounter: TokenCounter = {
  count: async (text) => Promise.resolve(Math.ceil(text.length / 4)),
  countAll: async (texts) => Promise.resolve(texts.map((text) => Math.ceil(text.length / 4))),
  dispose: () => undefined,
};

/** A model that answers what a test says, and remembers what it was asked. */
export class FakeModel implements SummaryModel {
  readonly id = 'gpt-4o';
  readonly destination = 'a fake model';
  windowTokens = 100_000;
  readonly asked: SummaryQuestion[] = [];
  answer: (question: SummaryQuestion, signal: AbortSignal | undefined) => Promise<SummaryAnswer> | SummaryAnswer =
    () => ({
      kind: 'text',
      text: `Summary ${this.asked.length}.`,
    });

  async ask(question: SummaryQuestion, { signal }: { readonly signal?: AbortSignal }): Promise<SummaryAnswer> {
    this.asked.push(question);
    return this.answer(question, signal);
  }
}

/** A data folder of its own, with what a summariser needs. */
export class TemporaryData {
  readonly folder = mkdtempSync(join(tmpdir(), 'context-cache-summaries-'));
  readonly history = new VersionStore(join(this.folder, 'versions'), { clock: goldenClock });
  readonly statistics = new SummaryStatistics(this.folder, { clock: goldenClock });

  summarizer(): Summarizer {
    const { history, statistics } = this;
    const leases = new WorkLeases(join(this.folder, 'summary-leases'), silentLogger);
    return new Summarizer({ history, statistics, leases, counter: quarterCounter, clock: goldenClock });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
