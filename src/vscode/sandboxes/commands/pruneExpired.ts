import { planPrune } from '../../../core/cache/plans/invalidate';
import { plural } from '../../format';
import { requireWritable } from '../applyAndTell';
import { applyDeletions } from '../deletions';
import { pickSandbox } from '../pickers';
import { freshSource } from '../planSource';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Deletes every expired entry of a sandbox, or of the scope that was clicked. */
export const pruneExpired: SandboxCommand = {
  id: 'contextCache.pruneExpired',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Pruning');
    const place = targetPlace(tools, clicked, selected);
    const sandbox = place?.sandbox ?? (await pickSandbox(tools, 'Prune Expired'));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(tools, sandbox, 'Pruning');
    const plan = planPrune(await freshSource(tools, sandbox), place?.scope === undefined ? {} : { scope: place.scope });
    return applyDeletions(
      tools,
      [{ sandbox, plan }],
      'Prune',
      (count) => `Pruned ${plural(count, 'expired entry', 'expired entries')} of ${sandbox.label}`,
    );
  },
};
