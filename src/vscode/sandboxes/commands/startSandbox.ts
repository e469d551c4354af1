import { UserError } from '../../../core/errors';
import { withProgress } from '../../progress';
import { pickOne } from '../pickers';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Start Sandbox';

/** Starts a sandbox that sleeps, after asking, and looks at it. Nothing else ever starts one. */
export const startSandbox: SandboxCommand = {
  id: 'contextCache.startSandbox',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Starting a sandbox');
    const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickStartable(tools));
    if (sandbox === undefined) {
      return;
    }
    const kind = tools.kinds.get(sandbox.kind);
    const { setting } = sandbox;
    if (kind?.start === undefined || setting === undefined) {
      throw new UserError(`${sandbox.label} can not be started from here.`, 'Start it with its own tools.');
    }
    const yes = await tools.services.prompts.confirm({
      message: `Start ${sandbox.label}?`,
      detail: `${sandbox.place}. A sandbox that runs may cost money; it stops as it is set to.`,
      yes: 'Start',
    });
    if (yes) {
      await withProgress({ title: `Starting ${sandbox.label}` }, async ({ signal }) => kind.start?.(setting, signal));
      await tools.store.refresh(sandbox);
    }
  },
};

async function pickStartable(tools: SandboxTools): Promise<Sandbox | undefined> {
  const startable = (await tools.registry.all()).filter(({ kind }) => tools.kinds.get(kind)?.start !== undefined);
  if (startable.length === 0) {
    throw new UserError('No sandbox can be started from here.', 'Add one of the kind Daytona with "Add Sandbox".');
  }
  return pickOne(tools, startable, ({ label, place }) => ({ label, description: place }), {
    title,
    placeHolder: 'Which sandbox is started?',
  });
}
