import { planSeed } from '../../../core/cache/plans/seed';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { applyAndTell, requireWritable } from '../applyAndTell';
import { pickSandbox } from '../pickers';
import { pickEffects, showPlanDiff } from '../planPreview';
import { freshSource } from '../planSource';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/**
 * Puts the library into a sandbox: the plan is shown as one diff of many files and as a list, in which what was changed
 * in the sandbox is not ticked; only what stays ticked is written.
 */
export const seedInstructions: SandboxCommand = {
  id: 'contextCache.seedInstructions',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Seeding instructions');
    const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, 'Seed Instructions'));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(tools, sandbox, 'Seeding instructions');
    const { instructions } = await tools.library.read();
    if (instructions.length === 0) {
      throw new UserError(
        'There is no instruction to seed.',
        'Add Markdown files to a folder of contextCache.instructions.libraryFolders.',
      );
    }
    const plan = await planSeed(await freshSource(tools, sandbox), instructions, tools.history);
    if (plan.effects.every(({ action }) => action === 'unchanged')) {
      void tools.services.prompts.tell(
        'information',
        `${plural(plan.effects.length, 'instruction')} of ${sandbox.label} are as in the library.`,
      );
      return undefined;
    }
    await showPlanDiff(tools, sandbox, plan);
    const chosen = await pickEffects(tools, plan, 'What is ticked is written.');
    if (chosen === undefined || chosen.size === 0) {
      return undefined;
    }
    return applyAndTell(
      tools,
      sandbox,
      plan,
      (count) => `Seeded ${plural(count, 'instruction')} into ${sandbox.label}`,
      chosen,
    );
  },
};
