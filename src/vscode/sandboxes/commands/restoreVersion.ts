import { planRestore } from '../../../core/cache/plans/restore';
import { applyAndTell, requireWritable } from '../applyAndTell';
import { showPlanDiff } from '../planPreview';
import { freshSource } from '../planSource';
import { isKept, pickVersion, versionsOf } from '../versionPicks';
import type { SandboxCommand } from './sandboxCommand';
import { oneEntry } from './showVersions';

const title = 'Restore Version';

/** Writes an earlier content of a key again: shows what changes, asks, and can be undone. */
export const restoreVersion: SandboxCommand = {
  id: 'contextCache.restoreVersion',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require(title);
    const target = await oneEntry(tools, clicked, selected, title);
    if (target === undefined) {
      return undefined;
    }
    const { sandbox, entry } = target;
    requireWritable(tools, sandbox, title);
    const versions = (await versionsOf(tools, target)).filter(isKept);
    const version = await pickVersion(tools, target, versions, {
      title: `${title} of ${entry.originalKey}`,
      placeHolder: 'Newest first; choose the one to write again',
    });
    if (version === undefined) {
      return undefined;
    }
    const plan = await planRestore(await freshSource(tools, sandbox), version, tools.history);
    if (plan.effects.every(({ action }) => action === 'unchanged')) {
      void tools.services.prompts.tell('information', `${entry.originalKey} is version ${version.number} already.`);
      return undefined;
    }
    await showPlanDiff(tools, sandbox, plan);
    const yes = await tools.services.prompts.confirm({
      message: `Restore version ${version.number} of ${entry.originalKey}?`,
      detail: `${entry.scope} of ${sandbox.label}. Its lifetime begins anew. This can be undone.`,
      yes: 'Restore',
    });
    return yes
      ? applyAndTell(tools, sandbox, plan, () => `Restored version ${version.number} of ${entry.originalKey}`)
      : undefined;
  },
};
