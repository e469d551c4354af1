import { planRepair } from '../../../core/cache/plans/repair';
import { plural } from '../../format';
import { withProgress } from '../../progress';
import { applyAndTell, requireWritable } from '../applyAndTell';
import { pickSandbox } from '../pickers';
import { pickEffects, showPlanDiff } from '../planPreview';
import { freshSource } from '../planSource';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Repair Index';

/** Makes the index of a sandbox, or of the scope that was clicked, readable and true again; its plan comes first. */
export const repairIndex: SandboxCommand = {
  id: 'contextCache.repairIndex',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require(title);
    const place = targetPlace(tools, clicked, selected);
    const sandbox = place?.sandbox ?? (await pickSandbox(tools, title));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(tools, sandbox, title);
    const source = await freshSource(tools, sandbox);
    const plan = await withProgress({ title: `Planning the repair of ${sandbox.label}` }, async (options) =>
      planRepair(source, tools.history, {
        ...options,
        ...(place?.scope === undefined ? {} : { scope: place.scope }),
      }),
    );
    if (plan.effects.length === 0) {
      const nothing = `There is nothing to repair in ${place?.scope ?? sandbox.label}.`;
      void tools.services.prompts.tell('information', [nothing, ...plan.warnings].join(' '));
      return undefined;
    }
    await showPlanDiff(tools, sandbox, plan);
    const chosen = await pickEffects(tools, plan, 'What is ticked is repaired.');
    if (chosen === undefined || chosen.size === 0) {
      return undefined;
    }
    return applyAndTell(
      tools,
      sandbox,
      plan,
      (count) => `Repaired ${sandbox.label}: ${plural(count, 'repair')}`,
      chosen,
    );
  },
};
