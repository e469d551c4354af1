import { readSnapshot } from '../../core/cache/snapshot';
import type { PlanSource } from '../../core/cache/plans/planBuilder';
import { withProgress } from '../progress';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/** A cache as it is at this moment, values checked: what a plan is made from. Cancelling throws. */
export async function freshSource(tools: SandboxTools, sandbox: Sandbox): Promise<PlanSource> {
  const library = await tools.library.fingerprints();
  const { tree } = sandbox;
  const snapshot = await withProgress({ title: `Reading the cache of ${sandbox.label}` }, async ({ signal }) =>
    readSnapshot(tree, { clock: tools.services.clock, library, verifyValues: true, signal }),
  );
  return { tree, snapshot };
}
