import { Uri } from 'vscode';
import { isScopeName } from '../../../core/cache/scopes';
import type { ScopeName } from '../../../core/cache/model';

/** Documents and rows of caches: `context-cache:/<sandbox>/<scope>/<key>?version=…`. */
export const cacheScheme = 'context-cache';

/** What of a key a document shows; at most one of them. */
export interface CacheDocumentQuery {
  /** SHA-256 (hex) of a kept content; without it, what the sandbox holds now. */
  readonly version?: string;
  /** One side of an effect of a plan that is being looked at. */
  readonly plan?: { readonly id: string; readonly side: 'before' | 'after' };
  /** Made for reading: JSON indented, binary described, large values cut. Without it, the exact bytes. */
  readonly readable?: true;
}

export interface CacheAddress {
  readonly sandboxId: string;
  readonly scope: ScopeName;
  readonly key: string;
  readonly query: CacheDocumentQuery;
}

export function cacheUri(sandboxId: string, scope: ScopeName, key: string, query: CacheDocumentQuery = {}): Uri {
  const parameters = new URLSearchParams();
  if (query.version !== undefined) {
    parameters.set('version', query.version);
  }
  if (query.plan !== undefined) {
    parameters.set('plan', query.plan.id);
    parameters.set('side', query.plan.side);
  }
  if (query.readable === true) {
    parameters.set('view', 'readable');
  }
  return Uri.from({ scheme: cacheScheme, path: `/${sandboxId}/${scope}/${key}`, query: parameters.toString() });
}

/** The URI of a row without a document: a sandbox or a scope. */
export function cacheFolderUri(sandboxId: string, scope?: ScopeName): Uri {
  return Uri.from({ scheme: cacheScheme, path: scope === undefined ? `/${sandboxId}` : `/${sandboxId}/${scope}` });
}

/** What a URI of ours names; undefined for any other URI, and for the folders above the entries. */
export function parseCacheUri(uri: Uri): CacheAddress | undefined {
  const [root, sandboxId, scope, ...rest] = uri.path.split('/');
  const key = rest.join('/');
  if (uri.scheme !== cacheScheme || root !== '' || !sandboxId || scope === undefined || !isScopeName(scope) || !key) {
    return undefined;
  }
  const parameters = new URLSearchParams(uri.query);
  const version = parameters.get('version');
  const plan = parameters.get('plan');
  return {
    sandboxId,
    scope,
    key,
    query: {
      ...(version === null ? {} : { version }),
      ...(plan === null ? {} : { plan: { id: plan, side: parameters.get('side') === 'before' ? 'before' : 'after' } }),
      ...(parameters.get('view') === 'readable' ? { readable: true as const } : {}),
    },
  };
}
