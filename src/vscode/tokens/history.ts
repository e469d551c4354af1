import type { Memento } from 'vscode';
import type { Clock } from '../../core/ports';

/** What the always-on total was from a moment on. */
export interface HistorySample {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly tokens: number;
}

const maxSamples = 64;
/** Changes within this time are one sample: the last value stands. */
const sameSampleMs = 10 * 60 * 1000;
const storageKey = 'tokens.history';

type StoredHistory = Readonly<Record<string, readonly HistorySample[]>>;

/**
 * How the always-on total of a workspace went, per harness and model: remembered across sessions, bounded, and with
 * only changes recorded.
 */
export class TokenHistory {
  private readonly memory: Memento;
  private readonly clock: Clock;

  constructor(memory: Memento, clock: Clock) {
    this.memory = memory;
    this.clock = clock;
  }

  samples(series: string): readonly HistorySample[] {
    return this.memory.get<StoredHistory>(storageKey, {})[series] ?? [];
  }

  async record(series: string, tokens: number): Promise<void> {
    const before = this.samples(series);
    const after = addSample(before, { atMs: this.clock.now(), tokens });
    if (after !== before) {
      await this.memory.update(storageKey, { ...this.memory.get<StoredHistory>(storageKey, {}), [series]: after });
    }
  }
}

/** The samples with one more; the same array when nothing changed. */
export function addSample(samples: readonly HistorySample[], sample: HistorySample): readonly HistorySample[] {
  const last = samples.at(-1);
  if (last?.tokens === sample.tokens) {
    return samples;
  }
  // The first sample of a series stays: it is what later ones are compared with.
  const replacesLast = samples.length > 1 && last !== undefined && sample.atMs - last.atMs < sameSampleMs;
  return [...(replacesLast ? samples.slice(0, -1) : samples), sample].slice(-maxSamples);
}

const bars = '▁▂▃▄▅▆▇█';

/** The values as a line of bars, the least as the lowest; empty for fewer than two values. */
export function sparkline(values: readonly number[]): string {
  if (values.length < 2) {
    return '';
  }
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values
    .map((value) => bars[span === 0 ? 0 : Math.round(((value - least) / span) * (bars.length - 1))]!)
    .join('');
}
