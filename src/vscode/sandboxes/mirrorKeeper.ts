import { describeError, isSourceError } from '../../core/errors';
import type { ListedTree } from '../../core/mirror/listedTree';
import type { Clock, Logger } from '../../core/ports';
import type { Sandbox } from './sandbox';

export interface MirrorKeeperParts {
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** Bytes of values that one look takes along. */
  readonly fetchBudgetBytes: () => number;
}

/**
 * Takes looks at folders into the mirror and the history in the background, so that nobody waits for the disk. One look
 * at a time; of several looks at one sandbox that wait, the latest counts.
 */
export interface MirrorKeeper {
  /** Takes a look at a sandbox along; it may have been made a while ago. */
  readonly keep: (sandbox: Sandbox, listed: ListedTree) => void;
  /** Resolves when everything that was given so far has been taken. */
  settled(): Promise<void>;
  dispose(): void;
}

export function createMirrorKeeper({ clock, log, fetchBudgetBytes }: MirrorKeeperParts): MirrorKeeper {
  const waiting = new Map<Sandbox, ListedTree>();
  const abort = new AbortController();
  let running: Promise<void> | undefined;

  const take = async (sandbox: Sandbox, listed: ListedTree): Promise<void> => {
    const options = { clock, signal: abort.signal, budgetBytes: fetchBudgetBytes() };
    try {
      const recorded = await sandbox.tree.record(listed, options);
      if (recorded?.overtaken === true && !waiting.has(sandbox)) {
        // Nobody may ever ask for another look.
        const again = await sandbox.tree.list({ signal: abort.signal });
        if (!waiting.has(sandbox)) {
          waiting.set(sandbox, again);
        }
      }
    } catch (error) {
      // The look itself has been shown; the folder may have vanished since, and the next look tells.
      if (!isSourceError(error, 'cancelled')) {
        log.warn(`What was seen of ${sandbox.label} could not be kept: ${describeError(error)}`);
      }
    }
  };

  const work = async (): Promise<void> => {
    for (let next = first(waiting); next !== undefined && !abort.signal.aborted; next = first(waiting)) {
      const [sandbox, listed] = next;
      waiting.delete(sandbox);
      await take(sandbox, listed);
    }
    // Not in a later turn: what comes in between would wait for ever.
    running = undefined;
  };

  return {
    keep: (sandbox, listed) => {
      waiting.set(sandbox, listed);
      if (!abort.signal.aborted) {
        running ??= work();
      }
    },
    settled: async () => {
      await running;
    },
    dispose: () => {
      abort.abort();
      waiting.clear();
    },
  };
}

function first<Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value] | undefined {
  const [entry] = map;
  return entry;
}
