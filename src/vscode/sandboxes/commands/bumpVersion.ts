import { planBump } from '../../../core/cache/plans/editEntries';
import { plural } from '../../format';
import { editTargets, entriesToEdit } from './editTargets';
import type { SandboxCommand } from './sandboxCommand';

/** Marks contents as superseded: their version goes up and they expire now, while their bytes can be restored. */
export const bumpVersion: SandboxCommand = {
  id: 'contextCache.bumpVersion',
  run: async (tools, clicked, selected) => {
    const targets = await entriesToEdit(tools, clicked, selected, 'Bump Version');
    return targets.length === 0
      ? undefined
      : editTargets(
          tools,
          targets,
          (source, entries) => planBump(source, entries),
          (count) => `Bumped the version of ${plural(count, 'entry', 'entries')}`,
        );
  },
};
