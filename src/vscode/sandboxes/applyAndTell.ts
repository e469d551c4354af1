import { applyPlan } from '../../core/cache/apply';
import type { CachePlan } from '../../core/cache/changes';
import type { ApplyReport, EffectResult } from '../../core/cache/plan';
import { UserError } from '../../core/errors';
import { executeCommand } from '../commands';
import { plural } from '../format';
import { withProgress } from '../progress';
import { liveTree } from './sandbox';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/** Throws unless the workspace is trusted and the sandbox can be written. */
export function requireWritable({ services }: SandboxTools, sandbox: Sandbox, action: string): void {
  services.trust.require(action);
  if (!sandbox.tree.capabilities.write) {
    throw new UserError(`${sandbox.label} can only be read.`, 'Choose a sandbox that can be written.');
  }
}

/**
 * Applies the chosen effects of a plan with progress and a way to cancel, reads the sandbox again, and says what was
 * done, with Undo.
 * @param done says what was done, from the number of effects: "Seeded 5 instructions into demo"
 * @param selected ids of the effects; those that the plan has selected unless given
 */
export async function applyAndTell(
  tools: SandboxTools,
  sandbox: Sandbox,
  plan: CachePlan,
  done: (effects: number) => string,
  selected?: ReadonlySet<string>,
): Promise<ApplyReport> {
  const { services, history, store } = tools;
  requireWritable(tools, sandbox, plan.title);
  const report = await withProgress({ title: plan.title }, async (options) =>
    applyPlan(
      plan,
      { tree: liveTree(sandbox), history, clock: services.clock },
      { ...options, ...(selected === undefined ? {} : { selected }) },
    ),
  );
  // Whatever was done is shown, before anybody is told about it.
  await store.refresh(sandbox);
  tell(tools, report, done);
  return report;
}

function tell(tools: SandboxTools, report: ApplyReport, done: (effects: number) => string): void {
  const count = report.results.filter(({ outcome }) => outcome === 'done').length;
  const failed = report.results.filter(({ outcome }) => outcome === 'failed');
  for (const { id, message } of failed) {
    tools.services.log.error(`${id}: ${message ?? 'failed'}`);
  }
  const text = [
    count > 0 || failed.length === 0 ? `${done(count)}.` : '',
    report.cancelled ? 'Cancelled: the rest was left as it was.' : '',
    failed.length > 0 ? failureText(failed) : '',
  ]
    .filter(Boolean)
    .join(' ');
  const undo = 'Undo';
  const showLog = 'Show Log';
  const actions = [...(report.operationId === undefined ? [] : [undo]), ...(failed.length === 0 ? [] : [showLog])];
  void tools.services.prompts
    .tell(failed.length > 0 ? 'error' : 'information', text, ...actions)
    .then(async (choice) => {
      if (choice === undo) {
        await executeCommand('contextCache.undoLastChange', report.operationId);
      } else if (choice === showLog) {
        tools.services.log.show();
      }
    });
}

function failureText(failed: readonly EffectResult[]): string {
  const [first] = failed;
  const reason = first?.message === undefined ? '' : `: ${first.message}`;
  return failed.length === 1
    ? `${first?.id ?? ''} failed${reason}`
    : `${plural(failed.length, 'item')} failed, the first${reason}`;
}
