import { Uri, workspace } from 'vscode';
import type { Services } from '../services';

/** Texts that files would have, as read-only documents for one side of a diff. */
export interface ProposedTexts {
  /** Returns the document's address; each text has one of its own and never changes. */
  add(path: string, text: string): Uri;
}

const scheme = 'context-cache-proposed';
/** Enough for the diffs that are open side by side. */
const keptTexts = 64;

export function createProposedTexts(services: Services): ProposedTexts {
  const texts = new Map<string, string>();
  let next = 1;
  services.own(
    workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: (uri) => texts.get(uri.query) ?? '',
    }),
  );
  return {
    add: (path, text) => {
      const id = String(next++);
      texts.set(id, text);
      const oldest = texts.keys().next();
      if (texts.size > keptTexts && oldest.done !== true) {
        texts.delete(oldest.value);
      }
      return Uri.from({ scheme, path: `/${path}`, query: id });
    },
  };
}
