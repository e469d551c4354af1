import type { ContentHistory } from '../../core/cache/history';
import { UserError } from '../../core/errors';
import type { PurgeJournal } from '../../core/workersKv/purgeJournal';
import type { PurgeContext } from '../../core/workersKv/purge';
import type { CachesView } from '../caches/cachesView';
import type { Services } from '../services';
import type { KvCache, KvCaches } from './kvCaches';
import type { KvViewOptions } from './kvView';
import type { KvTokens } from './tokens';

/** What the commands about Workers KV work with. */
export interface KvTools {
  readonly services: Services;
  readonly caches: KvCaches;
  readonly options: KvViewOptions;
  readonly tokens: KvTokens;
  readonly history: ContentHistory;
  readonly journal: PurgeJournal;
  readonly view: CachesView;
}

/** What the core needs to change a cache. */
export function contextOf({ services, history, journal }: KvTools, cache: KvCache): PurgeContext {
  return { api: cache.api, history, journal, clock: services.clock };
}

/** The cache of a clicked row, or the one that is picked; undefined when nothing is. */
export async function pickKvCache(
  tools: KvTools,
  clicked: KvCache | undefined,
  title: string,
): Promise<KvCache | undefined> {
  const { caches } = tools.caches;
  if (clicked !== undefined || caches.length === 1) {
    return clicked ?? caches[0];
  }
  if (caches.length === 0) {
    throw new UserError('No namespace of Workers KV is known.', 'Add one with "Add Workers KV Namespace".');
  }
  const items = caches.map((cache) => ({ label: cache.target.name, description: cache.id, cache }));
  return (await tools.services.prompts.pick(items, { title, placeHolder: 'In which namespace?' }))?.cache;
}
