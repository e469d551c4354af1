import { EventEmitter, FileDecoration, ThemeColor } from 'vscode';
import type { FileDecorationProvider, Uri } from 'vscode';
import type { EntryState } from '../../core/cache/model';
import type { Clock } from '../../core/ports';
import { plural } from '../format';
import { cacheScheme, parseCacheUri } from './documents/cacheUri';
import type { SandboxRegistry } from './sandboxRegistry';
import type { SandboxStore } from './sandboxStore';
import type { FindingsIndex } from './snapshotFindings';
import { statesAt } from './states';

/** A letter and a colour beside rows and tabs of caches; the row itself says the state in words. */
export interface CacheDecorations extends FileDecorationProvider {
  refresh(uris: readonly Uri[]): void;
  dispose(): void;
}

const marks: Readonly<Record<Exclude<EntryState, 'fresh'>, readonly [badge: string, text: string, color: string]>> = {
  foreign: ['↗', 'Its recorded path points elsewhere', 'list.errorForeground'],
  missing: ['∅', 'The index names it, and there is no file', 'list.errorForeground'],
  corrupt: ['≠', 'The bytes do not have the recorded fingerprint', 'list.errorForeground'],
  orphan: ['?', 'A file that the index does not name', 'list.warningForeground'],
  expired: ['E', 'Expired', 'disabledForeground'],
  stale: ['S', 'Its source changed since', 'list.warningForeground'],
  expiring: ['e', 'Expires soon', 'list.warningForeground'],
};

export function createDecorations(parts: {
  readonly registry: SandboxRegistry;
  readonly store: SandboxStore;
  readonly findings: FindingsIndex;
  readonly clock: Clock;
}): CacheDecorations {
  const { registry, store, findings, clock } = parts;
  const changed = new EventEmitter<Uri[]>();
  return {
    onDidChangeFileDecorations: changed.event,
    refresh: (uris) => {
      changed.fire([...uris]);
    },
    provideFileDecoration: (uri) => {
      if (uri.scheme !== cacheScheme) {
        return undefined;
      }
      const address = parseCacheUri(uri);
      if (address === undefined) {
        const [id, scope] = uri.path.split('/').filter(Boolean);
        const sandbox = scope === undefined && id !== undefined ? registry.byId(id) : undefined;
        const count = sandbox === undefined ? 0 : findings.of(store.state(sandbox).snapshot).all.length;
        return count === 0
          ? undefined
          : new FileDecoration(count > 99 ? '99' : String(count), `${plural(count, 'finding')} of its health check`);
      }
      const sandbox = registry.byId(address.sandboxId);
      const entry = sandbox === undefined ? undefined : store.entry(sandbox, address.scope, address.key);
      // A kept version or a side of a plan is not what the sandbox holds now.
      if (entry === undefined || address.query.version !== undefined || address.query.plan !== undefined) {
        return undefined;
      }
      const [state = 'fresh'] = statesAt(entry, clock.now());
      if (state === 'fresh') {
        return undefined;
      }
      const [badge, text, color] = marks[state];
      return new FileDecoration(badge, text, new ThemeColor(color));
    },
    dispose: () => {
      changed.dispose();
    },
  };
}
