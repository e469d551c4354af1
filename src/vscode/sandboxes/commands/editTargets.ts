import type { CachePlan } from '../../../core/cache/changes';
import type { CacheEntry } from '../../../core/cache/model';
import type { ApplyReport } from '../../../core/cache/plan';
import type { PlanSource } from '../../../core/cache/plans/planBuilder';
import { findEntry } from '../../../core/cache/plans/planBuilder';
import { UserError } from '../../../core/errors';
import { applyAndTell, requireWritable } from '../applyAndTell';
import { pickEntries } from '../pickers';
import { freshSource } from '../planSource';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { activeEntry, bySandbox, targetEntries } from '../targets';
import type { EntryTarget } from '../targets';

/** The indexed entries that a command edits: what it was given, the active document's, or those that a person picks. */
export async function entriesToEdit(
  tools: SandboxTools,
  clicked: unknown,
  selected: unknown,
  title: string,
): Promise<readonly EntryTarget[]> {
  tools.services.trust.require(title);
  const given = await targetEntries(tools, clicked, selected);
  const active = given.length === 0 ? await activeEntry(tools) : undefined;
  const targets = active === undefined ? given : [active];
  if (targets.length === 0) {
    return (await pickEntries(tools, { title, placeHolder: 'Which entries?' }, isIndexed)) ?? [];
  }
  const indexed = targets.filter(isIndexed);
  if (indexed.length === 0) {
    throw new UserError('Files without an index entry have nothing to edit.', 'Repair the index first.');
  }
  return indexed;
}

/** Plans, applies and tells an edit of entries, one sandbox after the other. */
export async function editTargets(
  tools: SandboxTools,
  targets: readonly EntryTarget[],
  plan: (source: PlanSource, entries: readonly CacheEntry[]) => CachePlan,
  done: (count: number, sandbox: Sandbox) => string,
): Promise<readonly ApplyReport[]> {
  const reports: ApplyReport[] = [];
  for (const [sandbox, ofSandbox] of bySandbox(targets)) {
    requireWritable(tools, sandbox, 'Editing entries');
    const source = await freshSource(tools, sandbox);
    const entries = ofSandbox.flatMap((entry) => findEntry(source.snapshot, entry.scope, entry.key) ?? []);
    if (entries.length === 0) {
      throw new UserError('The entries are not in the cache any more.', 'Refresh the view.');
    }
    reports.push(await applyAndTell(tools, sandbox, plan(source, entries), (count) => done(count, sandbox)));
  }
  return reports;
}

function isIndexed({ entry }: EntryTarget): boolean {
  return !entry.states.includes('orphan');
}
