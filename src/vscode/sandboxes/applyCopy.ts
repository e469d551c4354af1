import type { CachePlan } from '../../core/cache/changes';
import type { ApplyReport } from '../../core/cache/plan';
import { applyAndTell } from './applyAndTell';
import { pickEffects, showPlanDiff } from './planPreview';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/** Shows what a copy changes as a diff and a list, and does what stays ticked; undefined when nothing was done. */
export async function applyCopy(
  tools: SandboxTools,
  to: Sandbox,
  plan: CachePlan,
  done: (count: number) => string,
): Promise<ApplyReport | undefined> {
  if (plan.effects.every(({ action }) => action === 'unchanged')) {
    const text = ['All of it is in', to.label, 'already.', ...plan.warnings].join(' ');
    void tools.services.prompts.tell('information', text);
    return undefined;
  }
  await showPlanDiff(tools, to, plan);
  const chosen = await pickEffects(tools, plan, 'What is ticked is written.');
  return chosen === undefined || chosen.size === 0 ? undefined : applyAndTell(tools, to, plan, done, chosen);
}
