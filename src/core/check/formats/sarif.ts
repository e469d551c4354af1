import type { Finding, Severity } from '../../findings';
import { lintRules } from '../../prompts/lint/rules';
import { findingTitles } from '../model';
import { fullMessage } from './shown';
import type { ShowPath } from './shown';

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
};

/** A SARIF 2.1.0 log with one run; ends with a line break. */
export function formatSarif(findings: readonly Finding[], show: ShowPath, version: string): string {
  const ruleIds = [...new Set(findings.map(({ id }) => id))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'context-cache',
            version,
            rules: ruleIds.map((id) => ({ id, shortDescription: { text: titleOf(id) } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.id,
          ruleIndex: ruleIds.indexOf(finding.id),
          level: levels[finding.severity],
          message: { text: fullMessage(finding) },
          ...(finding.path === undefined ? {} : { locations: [locationOf(finding, show(finding.path))] }),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function titleOf(id: string): string {
  return findingTitles[id] ?? (lintRules as Readonly<Record<string, { readonly title: string }>>)[id]?.title ?? id;
}

function locationOf({ range }: Finding, path: string): object {
  const isAbsolute = /^(?:\/|[A-Za-z]:)/.test(path);
  const uri = path.split('/').map(encodeURIComponent).join('/');
  return {
    physicalLocation: {
      artifactLocation: isAbsolute
        ? { uri: `file://${uri.startsWith('/') ? '' : '/'}${uri}` }
        : { uri, uriBaseId: '%SRCROOT%' },
      ...(range === undefined
        ? {}
        : {
            region: {
              startLine: range.startLine + 1,
              startColumn: range.startCharacter + 1,
              endLine: range.endLine + 1,
              endColumn: range.endCharacter + 1,
            },
          }),
    },
  };
}
