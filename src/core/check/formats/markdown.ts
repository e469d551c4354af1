import { harnessById } from '../../instructions/account/table';
import type { Finding } from '../../findings';
import type { FileCost, HarnessChange, ReportComparison } from '../compareReports';
import { changedHarnesses, changeSentences, formatChange, formatTokens } from './changes';
import { fullMessage } from './shown';
import type { ShowPath } from './shown';

/** What a change adds, as Markdown for a pull request. Nothing from files is markup in it. */
export function formatComparisonMarkdown(comparison: ReportComparison, revision: string, show: ShowPath): string {
  const changed = changedHarnesses(comparison);
  const sentences = changeSentences(comparison);
  const blocks = [
    `### Context cost against ${code(revision)}`,
    changed.length === 0 ? 'No instruction costs more or less than before.' : '',
    sentences.map((sentence) => `- ${plain(sentence)}`).join('\n'),
    ...changed.map(tableOf),
    findingsOf(comparison.newFindings, show),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function tableOf({ harness, before, after, files }: HarnessChange): string {
  const rows = files.map(
    ({ path, before: left, after: right }) =>
      `| ${code(path)} | ${modesOf(left, right)} | ${tokensOf(left)} | ${tokensOf(right)} | ${formatChange((right?.tokens ?? 0) - (left?.tokens ?? 0))} |`,
  );
  const total = `| **In every request** | always | ${formatTokens(before.always)} | ${formatTokens(after.always)} | **${formatChange(after.always - before.always)}** |`;
  return [
    `#### ${harnessById(harness).title}`,
    '',
    '| File | Loaded | Before | After | Change |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows,
    total,
  ].join('\n');
}

function modesOf(before: FileCost | undefined, after: FileCost | undefined): string {
  if (before === undefined || after === undefined || before.mode === after.mode) {
    return after?.mode ?? `${before!.mode} (gone)`;
  }
  return `${before.mode} → ${after.mode}`;
}

function tokensOf(cost: FileCost | undefined): string {
  return cost === undefined ? '–' : formatTokens(cost.tokens);
}

function findingsOf(findings: readonly Finding[], show: ShowPath): string {
  if (findings.length === 0) {
    return '';
  }
  const items = findings.map((finding) => {
    const line = finding.range === undefined ? '' : `:${finding.range.startLine + 1}`;
    const place = finding.path === undefined ? '' : `${code(show(finding.path) + line)} `;
    return `- **${finding.severity}** ${place}${plain(fullMessage(finding))} (${plain(finding.id)})`;
  });
  return `#### New findings\n\n${items.join('\n')}`;
}

/** Text in which no character is markup, a mention or a link. */
function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>#!|~&@]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A code span around any text, fit for a table. */
function code(text: string): string {
  const flat = text.replace(/[\r\n]+/g, ' ');
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const padding = longest > 0 ? ' ' : '';
  return `${fence}${padding}${flat.replace(/\|/g, '\\|')}${padding}${fence}`;
}
