import type { CachePlan } from '../../core/cache/changes';
import type { ApplyReport } from '../../core/cache/plan';
import { UserError } from '../../core/errors';
import { plural } from '../format';
import { applyAndTell } from './applyAndTell';
import { effectLines } from './planPreview';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/** What is to be deleted from one sandbox. */
export interface Deletion {
  readonly sandbox: Sandbox;
  readonly plan: CachePlan;
}

/**
 * Lists what will go, asks once for all, deletes it and tells what was done, with Undo. Empty when the person gives
 * up; throws when nothing would go.
 * @param verb what is done, as the button of the question says it
 */
export async function applyDeletions(
  tools: SandboxTools,
  deletions: readonly Deletion[],
  verb: string,
  done: (count: number, sandbox: Sandbox) => string,
): Promise<readonly ApplyReport[]> {
  const places = deletions.map(({ sandbox }) => sandbox.label).join(', ');
  const effects = deletions.flatMap(({ plan }) => plan.effects);
  const count = effects.filter(({ selected }) => selected).length;
  if (count === 0) {
    throw new UserError(
      [`Nothing in ${places} matches.`, ...deletions.flatMap(({ plan }) => plan.warnings)].join(' '),
      effects.length === 0 ? '' : 'What matches was written a moment ago, perhaps by a put that is under way.',
    );
  }
  const yes = await tools.services.prompts.confirm({
    message: `${verb} ${plural(count, 'entry', 'entries')} of ${places}?`,
    detail: `${deletions.map(({ plan }) => effectLines(plan)).join('\n')}\n\nThis can be undone.`,
    yes: verb,
  });
  const reports: ApplyReport[] = [];
  for (const { sandbox, plan } of yes ? deletions : []) {
    reports.push(await applyAndTell(tools, sandbox, plan, (deleted) => done(deleted, sandbox)));
  }
  return reports;
}
