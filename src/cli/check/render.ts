import { changeSentences } from '../../core/check/formats/changes';
import { formatGithub } from '../../core/check/formats/github';
import { formatJunit } from '../../core/check/formats/junit';
import { formatComparisonMarkdown } from '../../core/check/formats/markdown';
import { formatSarif } from '../../core/check/formats/sarif';
import type { ReportComparison } from '../../core/check/compareReports';
import type { CheckReport } from '../../core/check/model';
import type { Finding, Severity } from '../../core/findings';
import { harnessById } from '../../core/instructions/account/table';
import { describeFinding, pathInside } from '../findings';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import { formatTable, printable } from '../text';

export const checkFormats = ['text', 'json', 'sarif', 'junit', 'github', 'markdown'] as const;
export type CheckFormat = (typeof checkFormats)[number];

export interface Rendering {
  readonly report: CheckReport;
  /** Only with a baseline; `findings` are then the new ones. */
  readonly comparison: ReportComparison | undefined;
  readonly revision: string | undefined;
  readonly findings: readonly Finding[];
  /** Absolute paths of the files that were looked at. */
  readonly files: readonly string[];
  readonly root: string;
  readonly cwd: string;
  readonly version: string;
}

/** The whole output of a check in one format. */
export function renderCheck(format: CheckFormat, rendering: Rendering): string {
  const { findings, cwd, comparison, revision } = rendering;
  const show = (path: string): string => pathInside(cwd, path) ?? path.replaceAll('\\', '/');
  switch (format) {
    case 'text':
      return renderText(rendering);
    case 'json':
      return formatJson(toOutput(rendering, show));
    case 'sarif':
      return formatSarif(findings, show, rendering.version);
    case 'junit':
      return formatJunit(findings, rendering.files, show);
    case 'github':
      return formatGithub(findings, show);
    case 'markdown':
      return formatComparisonMarkdown(
        comparison ?? { harnesses: [], newFindings: findings },
        revision ?? 'nothing',
        show,
      );
  }
}

function renderText({ report, comparison, revision, findings, cwd }: Rendering): string {
  const lines = findings.map((finding) => `${describeFinding(finding, cwd)}\n`);
  const totals =
    report.accounts.length === 0
      ? ''
      : formatTable(
          ['harness', 'always', 'glob', 'on demand', 'manual', 'dropped bytes'],
          report.accounts.map(({ harness, totals: { always, glob, onDemand, manual }, droppedBytes }) => [
            harnessById(harness).title,
            always,
            glob,
            onDemand,
            manual,
            droppedBytes,
          ]),
        );
  const changes = comparison === undefined ? [] : changeSentences(comparison).map((one) => `${printable(one)}\n`);
  const count = countText(findings, comparison !== undefined);
  const against = revision === undefined ? '' : `Against ${printable(revision)}:\n`;
  const blocks = [lines.join(''), totals, changes.length === 0 ? '' : against + changes.join(''), `${count}\n`];
  return blocks.filter((block) => block !== '').join('\n');
}

function countText(findings: readonly Finding[], isComparison: boolean): string {
  const what = isComparison ? 'new ' : '';
  if (findings.length === 0) {
    return `No ${what}findings.`;
  }
  const { error, warning, information } = countBySeverity(findings);
  return `${findings.length} ${what}finding${findings.length === 1 ? '' : 's'}: ${error} error, ${warning} warning, ${information} information.`;
}

function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, information: 0 };
  for (const { severity } of findings) {
    counts[severity]++;
  }
  return counts;
}

function toOutput(rendering: Rendering, show: (path: string) => string): OutputValue {
  const { report, comparison, revision, findings, root } = rendering;
  return {
    root,
    harnesses: report.accounts.map(({ harness, totals, droppedBytes, encoding }) => ({
      harness,
      encoding,
      totals: { ...totals },
      droppedBytes,
    })),
    counts: countBySeverity(findings),
    findings: findings.map((finding) => findingOutput(finding, show)),
    baseline:
      comparison === undefined
        ? undefined
        : {
            revision,
            harnesses: comparison.harnesses.map(({ harness, before, after, files }) => ({
              harness,
              before: { ...before },
              after: { ...after },
              files: files.map((file) => ({
                path: file.path,
                before: file.before === undefined ? null : { ...file.before },
                after: file.after === undefined ? null : { ...file.after },
              })),
            })),
          },
  };
}

function findingOutput(finding: Finding, show: (path: string) => string): OutputValue {
  const { id, severity, path, range, message, fix, scope, key } = finding;
  return {
    id,
    severity,
    path: path === undefined ? null : show(path),
    line: range === undefined ? null : range.startLine + 1,
    column: range === undefined ? null : range.startCharacter + 1,
    endLine: range === undefined ? null : range.endLine + 1,
    endColumn: range === undefined ? null : range.endCharacter + 1,
    message,
    fix: fix ?? null,
    scope,
    key,
  };
}
