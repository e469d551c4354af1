import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { GrowthWatch } from '../../core/layers/growth';
import { layerStats } from '../../core/layers/model';
import { wholeNumber } from '../cache/numbers';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes } from '../text';
import { timeText } from './look';
import { addPlaceOptions, openLayers } from './options';
import type { PlaceOptions } from './options';
import { sizeArgument } from './sizes';

interface WatchOptions extends PlaceOptions {
  readonly limit?: number;
  readonly interval: number;
  readonly looks?: number;
}

const usualSeconds = 60;

/** `layers watch`: says how layers grow, and warns of one that passes a limit. */
export function addWatchCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('watch')
    .description('say how the layers grow; the exit code is 1 when one was above the limit at the end')
    .option('--limit <size>', 'warn when a layer is larger, such as 10GiB', sizeArgument)
    .option('--interval <seconds>', 'look so often', wholeNumber, usualSeconds)
    .option('--looks <count>', 'stop after so many looks; 1 suits a timer', wholeNumber);
  addPlaceOptions(command).action(run(watch));
}

async function watch(context: CliContext, options: WatchOptions): Promise<ExitCode> {
  const { limit, interval, looks = Infinity } = options;
  const watches = new Map<string, GrowthWatch>();
  const seen: { at: string; layer: string; files: number; bytes: number; aboveLimit: boolean }[] = [];
  const before = new Map<string, string>();
  for (let look = 1; ; look += 1) {
    const { listings } = await openLayers(context, options);
    let above = false;
    for (const listing of listings) {
      const { kind } = listing.layer;
      const { files, bytes } = layerStats(listing);
      const aboveLimit = limit !== undefined && bytes > limit;
      above ||= aboveLimit;
      const nowMs = context.clock.now();
      const state = `${files} ${bytes}`;
      if (before.get(kind) !== state) {
        before.set(kind, state);
        seen.push({ at: new Date(nowMs).toISOString(), layer: kind, files, bytes, aboveLimit });
        if (!context.json) {
          context.out(`${timeText(nowMs)}  ${kind}: ${files} files, ${formatBytes(bytes)}\n`);
        }
      }
      const growth = watches.get(kind) ?? new GrowthWatch();
      watches.set(kind, growth);
      if (growth.observe(bytes, limit)) {
        context.message(`${kind} has grown beyond ${formatBytes(limit!)}. Make room with: layers vacuum`);
      }
    }
    if (look >= looks || context.signal.aborted || !(await waited(interval * 1000, context.signal))) {
      if (context.json) {
        context.out(formatJson({ looks: seen }));
      }
      return above ? 1 : 0;
    }
  }
}

/** False when it was interrupted. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
