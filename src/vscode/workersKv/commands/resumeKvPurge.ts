import { resumeKvPurge as resumePurge } from '../../../core/workersKv/purge';
import { withProgress } from '../../progress';
import { contextOf, pickKvCache } from '../kvTools';
import { rowsOf } from '../kvTargets';
import { tellReport } from '../tellReport';
import type { KvCommand } from './kvCommand';

/** Goes on with a purge that was interrupted; picks one when several were. */
export const resumeKvPurge: KvCommand = {
  id: 'contextCache.resumeKvPurge',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Resuming a purge');
    const title = 'Resume Workers KV Purge';
    const row = rowsOf(tools, clicked, selected)[0];
    // The message of an interrupted purge passes its id, and that of its cache.
    const named = typeof selected === 'string' ? tools.caches.byId(selected) : undefined;
    const cache = await pickKvCache(tools, row?.cache ?? named, title);
    if (cache === undefined) {
      return undefined;
    }
    const purges = await tools.journal.unfinished(cache.id);
    const chosen = row?.kind === 'purge' ? row.purge.id : typeof clicked === 'string' ? clicked : undefined;
    const wanted = purges.find(({ id }) => id === chosen) ?? (purges.length === 1 ? purges[0] : undefined);
    if (purges.length === 0) {
      void tools.services.prompts.tell('information', `No purge of ${cache.target.name} was interrupted.`);
      return undefined;
    }
    const items = purges.map((purge) => ({ label: purge.title, description: `${purge.left} left`, purge }));
    const purge =
      wanted ?? (await tools.services.prompts.pick(items, { title, placeHolder: 'Which purge goes on?' }))?.purge;
    if (purge === undefined) {
      return undefined;
    }
    const report = await withProgress({ title: purge.title }, async (options) =>
      resumePurge(purge.id, contextOf(tools, cache), options),
    );
    return tellReport(tools, cache, purge.title, report);
  },
};
