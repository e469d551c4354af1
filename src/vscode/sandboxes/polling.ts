import type { Event } from 'vscode';
import type { CacheSnapshot } from '../../core/cache/model';
import { nextPollDelay } from '../../core/mirror/pollDelay';
import type { LookOutcome } from '../../core/mirror/pollDelay';
import type { Sandbox } from './sandbox';
import type { SandboxStore } from './sandboxStore';

export interface PollingParts {
  readonly store: Pick<SandboxStore, 'state' | 'refresh' | 'onDidChange'>;
  /** The view whose rows are kept current; nothing is looked at while it is hidden. */
  readonly view: { readonly visible: boolean; readonly onDidChangeVisibility: Event<boolean> };
  readonly isShown: (sandbox: Sandbox) => boolean;
  /** The shortest wait between two looks, in milliseconds; 0 for none at all. */
  readonly baseMs: () => number;
}

interface Polled {
  delayMs: number;
  fingerprint: string | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Looks again, now and then, at places that do not tell of changes: ever more seldom while nothing changes, and never
 * where a look costs money or keeps a sandbox awake.
 */
export function pollSandboxes({ store, view, isShown, baseMs }: PollingParts): { dispose(): void } {
  const polled = new Map<Sandbox, Polled>();

  const arm = (sandbox: Sandbox, one: Polled): void => {
    clearTimeout(one.timer);
    one.timer = undefined;
    if (!isShown(sandbox)) {
      polled.delete(sandbox);
    } else if (view.visible && baseMs() > 0) {
      one.timer = setTimeout(() => {
        void store.refresh(sandbox);
      }, one.delayMs);
    }
  };

  const subscriptions = [
    store.onDidChange((sandbox) => {
      const { snapshot, error, reading } = store.state(sandbox);
      if (reading || !isPolled(sandbox)) {
        return;
      }
      const one = polled.get(sandbox) ?? { delayMs: 0, fingerprint: undefined, timer: undefined };
      const fingerprint = fingerprintOf(snapshot);
      const outcome: LookOutcome =
        error !== undefined ? 'failed' : one.fingerprint === fingerprint ? 'same' : 'changed';
      one.fingerprint = fingerprint;
      one.delayMs = nextPollDelay(baseMs(), one.delayMs, outcome);
      polled.set(sandbox, one);
      arm(sandbox, one);
    }),
    view.onDidChangeVisibility((visible) => {
      for (const [sandbox, one] of [...polled]) {
        // Whoever comes back wants to see what is there now.
        one.delayMs = visible ? 0 : baseMs();
        arm(sandbox, one);
      }
    }),
  ];

  return {
    dispose: () => {
      for (const { timer } of polled.values()) {
        clearTimeout(timer);
      }
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };
}

function isPolled({ tree }: Sandbox): boolean {
  return tree.watch === undefined && !tree.capabilities.metered;
}

function fingerprintOf(snapshot: CacheSnapshot | undefined): string {
  return (snapshot?.scopes ?? [])
    .map(({ indexSha256, files }) => `${indexSha256 ?? ''}:${files?.length ?? 0}`)
    .join(' ');
}
