import { planInvalidate } from '../../../core/cache/plans/invalidate';
import { entriesOf } from '../../../core/cache/plans/planBuilder';
import { isSummary } from '../../../core/cache/summarySource';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { requireWritable } from '../../sandboxes/applyAndTell';
import { applyDeletions } from '../../sandboxes/deletions';
import { pickOne, pickSandbox } from '../../sandboxes/pickers';
import { freshSource } from '../../sandboxes/planSource';
import { targetPlace } from '../../sandboxes/targets';
import type { SummaryCommand } from './summaryCommand';

const title = 'Invalidate Summaries';

/** Deletes the summaries of a sandbox, all or those that are out of date: lists them, asks once, can be undone. */
export const invalidateSummaries: SummaryCommand = {
  id: 'contextCache.invalidateSummaries',
  run: async ({ services, sandboxes }, clicked, selected) => {
    services.trust.require('Invalidating summaries');
    const sandbox = targetPlace(sandboxes, clicked, selected)?.sandbox ?? (await pickSandbox(sandboxes, title));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(sandboxes, sandbox, 'Invalidating summaries');
    const source = await freshSource(sandboxes, sandbox);
    const all = entriesOf(source.snapshot).filter(isSummary);
    const old = all.filter(({ states }) => states.includes('stale') || states.includes('expired'));
    if (all.length === 0) {
      throw new UserError(`There is no summary in ${sandbox.label}.`, 'Make one with "Summarize into Cache".');
    }
    const choice = await pickOne(
      sandboxes,
      [
        { label: 'Stale and Expired', entries: old },
        { label: 'All Summaries', entries: all },
      ].filter(({ entries }) => entries.length > 0),
      ({ label, entries }) => ({ label, description: plural(entries.length, 'summary', 'summaries') }),
      { title, placeHolder: `Which summaries of ${sandbox.label}?` },
    );
    if (choice === undefined) {
      return undefined;
    }
    const entries = choice.entries.map(({ scope, key }) => ({ scope, key }));
    return applyDeletions(
      sandboxes,
      [{ sandbox, plan: planInvalidate(source, { entries }) }],
      'Invalidate',
      (count) => `Invalidated ${plural(count, 'summary', 'summaries')} of ${sandbox.label}`,
    );
  },
};
