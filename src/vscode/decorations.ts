import { EventEmitter, Uri, window } from 'vscode';
import type { FileDecoration } from 'vscode';
import { isSourceError } from '../core/errors';
import { takeTurn } from '../core/turns';
import type { TurnOptions } from '../core/turns';
import type { Services } from './services';

/** Decorations with the URI that they belong to, as text. */
export type UriDecorations = Iterable<readonly [uri: string, decoration: FileDecoration]>;

/**
 * Decorates the files that `decorate` names, which is asked for one after the other. Only what changed is drawn anew, so
 * that nothing flickers.
 * @returns to be called when something may have changed
 */
export function registerDecorations(services: Services, decorate: () => UriDecorations): () => void {
  const changed = services.own(new EventEmitter<Uri[]>());
  let current: ReadonlyMap<string, FileDecoration> = new Map();
  let latest: AbortController | undefined;
  services.own(
    window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: (uri) => current.get(uri.toString()),
    }),
  );
  services.own({
    dispose: () => {
      latest?.abort();
    },
  });

  const draw = async (options: TurnOptions): Promise<void> => {
    const next = new Map<string, FileDecoration>();
    for (const [uri, decoration] of decorate()) {
      await takeTurn(options);
      next.set(uri, decoration);
    }
    const uris: Uri[] = [];
    for (const uri of new Set([...current.keys(), ...next.keys()])) {
      await takeTurn(options);
      if (!isSame(current.get(uri), next.get(uri))) {
        uris.push(Uri.parse(uri, true));
      }
    }
    current = next;
    if (uris.length > 0) {
      changed.fire(uris);
    }
  };
  const refresh = (): void => {
    latest?.abort();
    latest = new AbortController();
    draw({ signal: latest.signal, turns: services.turns }).catch((error: unknown) => {
      if (!isSourceError(error, 'cancelled')) {
        services.log.error('Decorating files', error);
      }
    });
  };
  refresh();
  return refresh;
}

function isSame(left: FileDecoration | undefined, right: FileDecoration | undefined): boolean {
  return left?.badge === right?.badge && left?.tooltip === right?.tooltip && left?.color?.id === right?.color?.id;
}
