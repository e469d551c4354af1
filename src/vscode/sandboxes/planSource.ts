import { readSnapshot } from '../../core/cache/snapshot';
import type { PlanSource } from '../../core/cache/plans/planBuilder';
import { isSourceError, UserError } from '../../core/errors';
import { withProgress } from '../progress';
import { liveTree } from './sandbox';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/**
 * A cache as it is at this moment, values checked: what a plan is made from. Never answered from a mirror: out of
 * reach, it throws a `UserError` that says why nothing can be changed. Cancelling throws.
 */
export async function freshSource(tools: SandboxTools, sandbox: Sandbox): Promise<PlanSource> {
  const library = await tools.library.fingerprints();
  const tree = liveTree(sandbox);
  const sourceFiles = tools.sourceFiles.of(sandbox);
  try {
    const snapshot = await withProgress({ title: `Reading the cache of ${sandbox.label}` }, async ({ signal }) =>
      readSnapshot(tree, { clock: tools.services.clock, library, sourceFiles, verifyValues: true, signal }),
    );
    return { tree, snapshot };
  } catch (error) {
    if (!isSourceError(error) || error.code === 'cancelled') {
      throw error;
    }
    throw new UserError(`${sandbox.label} can not be changed now: ${error.message}`, error.nextStep, { cause: error });
  }
}
