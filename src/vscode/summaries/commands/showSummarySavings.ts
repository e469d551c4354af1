import { entriesOf } from '../../../core/cache/plans/planBuilder';
import type { CacheSnapshot } from '../../../core/cache/model';
import { isSummary } from '../../../core/cache/summarySource';
import { describeError } from '../../../core/errors';
import type { SummarySavings } from '../../../core/summaries/savings';
import { escapeMarkdown, formatExact, formatShare } from '../../format';
import { statesAt } from '../../sandboxes/states';
import type { SummaryTools } from '../summaryTools';
import type { SummaryCommand } from './summaryCommand';

/** A page that counts hits, misses and tokens saved, and the summaries of each sandbox. */
export const showSummarySavings: SummaryCommand = {
  id: 'contextCache.showSummarySavings',
  run: async (tools) => {
    const savings = await tools.statistics.read();
    await tools.services.reports.show('Savings of Summaries', await page(tools, savings));
  },
};

async function page(tools: SummaryTools, savings: SummarySavings): Promise<string> {
  const { hits, misses, made, failed, tokensSaved, tokensSpent, sinceMs } = savings;
  const since = sinceMs === undefined ? 'Nothing has been counted yet.' : `Since ${new Date(sinceMs).toISOString()}.`;
  const rows = [
    ['Hits: a summary was there and counted', `${formatExact(hits)} (${formatShare(hits, hits + misses)})`],
    ['Misses: none was there, or it did not count', formatExact(misses)],
    ['Made by a model', formatExact(made)],
    ['Failed, and nothing was stored', formatExact(failed)],
    ['Tokens saved by hits: sources less their summaries', formatExact(tokensSaved)],
    ['Tokens sent to models and received from them', formatExact(tokensSpent)],
  ];
  return [
    '# Savings of Summaries',
    `${since} Counted over all sandboxes and windows of this user and the command line, exactly, in o200k_base.`,
    ['| | |', '| --- | ---: |', ...rows.map(([what, number]) => `| ${what!} | ${number!} |`)].join('\n'),
    '## Summaries',
    ['| Sandbox | Fresh | Stale | Expired |', '| --- | ---: | ---: | ---: |', ...(await sandboxRows(tools))].join('\n'),
    '',
  ].join('\n\n');
}

async function sandboxRows({ services, sandboxes }: SummaryTools): Promise<string[]> {
  const rows: string[] = [];
  for (const sandbox of await sandboxes.registry.all()) {
    const name = escapeMarkdown(sandbox.label);
    try {
      rows.push(`| ${name} | ${counts(await sandboxes.store.snapshot(sandbox), services.clock.now()).join(' | ')} |`);
    } catch (error) {
      rows.push(`| ${name} | ${escapeMarkdown(describeError(error))} | | |`);
    }
  }
  return rows;
}

function counts(snapshot: CacheSnapshot, nowMs: number): string[] {
  const states = entriesOf(snapshot)
    .filter(isSummary)
    .map((entry) => statesAt(entry, nowMs));
  const expired = states.filter((one) => one.includes('expired')).length;
  const stale = states.filter((one) => one.includes('stale') && !one.includes('expired')).length;
  return [states.length - expired - stale, stale, expired].map(formatExact);
}
