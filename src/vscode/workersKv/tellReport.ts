import type { KvReport } from '../../core/workersKv/report';
import { countOutcomes } from '../../core/workersKv/report';
import { executeCommand, letGo } from '../commands';
import { escapeMarkdown, plural } from '../format';
import type { KvCache } from './kvCaches';
import type { KvTools } from './kvTools';
import { consistencyText } from './tooltips';

/** A report lists no more; the rest is summed up. */
const listedResults = 2000;

/** Lists the cache again, and says what was done, with what can be done about it. */
export async function tellReport(tools: KvTools, cache: KvCache, title: string, report: KvReport): Promise<KvReport> {
  // Whatever was done is shown, before anybody is told about it.
  await tools.caches.refresh(cache);
  const { done, skipped, failed } = countOutcomes(report.results);
  const text = [
    `${title}: ${plural(done, 'key')} done`,
    skipped === 0 ? '' : `, ${skipped} left alone`,
    failed === 0 ? '' : `, ${failed} failed`,
    report.cancelled ? '. Cancelled' : '',
    report.purgeId === undefined ? '' : '. The rest can be resumed',
    `. ${done === 0 ? '' : consistencyText}`,
  ].join('');
  const undo = 'Undo';
  const resume = 'Resume';
  const show = 'Show Results';
  const buttons = [
    ...(report.purgeId === undefined ? [] : [resume]),
    ...(report.operationId === undefined || done === 0 ? [] : [undo]),
    ...(report.results.length === 0 ? [] : [show]),
  ];
  const answered = tools.services.prompts.tell(failed > 0 ? 'error' : 'information', text.trim(), ...buttons);
  letGo(
    tools.services,
    title,
    answered.then(async (choice) => {
      if (choice === undo) {
        await executeCommand('contextCache.undoKvChange', report.operationId, cache.id);
      } else if (choice === resume) {
        await executeCommand('contextCache.resumeKvPurge', report.purgeId, cache.id);
      } else if (choice === show) {
        await tools.services.reports.show('workers-kv-results', resultsPage(title, report));
      }
    }),
  );
  return report;
}

function resultsPage(title: string, { results }: KvReport): string {
  // What failed or was left alone is what somebody looks for.
  const sorted = [...results].sort((a, b) => Number(a.outcome === 'done') - Number(b.outcome === 'done'));
  const rows = sorted
    .slice(0, listedResults)
    .map(({ id, outcome, message }) => `| ${outcome} | ${escapeMarkdown(id)} | ${escapeMarkdown(message ?? '')} |`);
  const more = results.length > listedResults ? `\n\n${plural(results.length - listedResults, 'more')}` : '';
  return `# ${escapeMarkdown(title)}\n\n| Outcome | Key | Why |\n| --- | --- | --- |\n${rows.join('\n')}${more}\n`;
}
