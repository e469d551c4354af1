import { EventEmitter, Uri, window } from 'vscode';
import type { FileDecoration } from 'vscode';
import type { Services } from './services';

/** Decorations by the URI that they belong to, as text. */
export type DecorationsByUri = ReadonlyMap<string, FileDecoration>;

/**
 * Decorates the files that `decorate` names. Only what changed is drawn anew, so that nothing flickers.
 * @returns to be called when something may have changed
 */
export function registerDecorations(services: Services, decorate: () => DecorationsByUri): () => void {
  const changed = services.own(new EventEmitter<Uri[]>());
  let current = decorate();
  services.own(
    window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration: (uri) => current.get(uri.toString()),
    }),
  );
  return () => {
    const before = current;
    current = decorate();
    const uris = [...new Set([...before.keys(), ...current.keys()])].filter(
      (uri) => !isSame(before.get(uri), current.get(uri)),
    );
    if (uris.length > 0) {
      changed.fire(uris.map((uri) => Uri.parse(uri, true)));
    }
  };
}

function isSame(left: FileDecoration | undefined, right: FileDecoration | undefined): boolean {
  return left?.badge === right?.badge && left?.tooltip === right?.tooltip && left?.color?.id === right?.color?.id;
}
