import type { Finding } from '../../findings';
import { fullMessage } from './shown';
import type { ShowPath } from './shown';

/**
 * One test case for each file that was looked at, failed by its errors and warnings; information is its output. Findings
 * without a file are in a case of their own.
 */
export function formatJunit(findings: readonly Finding[], paths: readonly string[], show: ShowPath): string {
  const byFile = new Map<string, Finding[]>(paths.map((path) => [show(path), []]));
  for (const finding of findings) {
    const name = finding.path === undefined ? 'workspace' : show(finding.path);
    byFile.set(name, [...(byFile.get(name) ?? []), finding]);
  }
  const failures = findings.filter(isFailure).length;
  const cases = [...byFile].map(([name, own]) => caseOf(name, own));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites name="context-cache" tests="${byFile.size}" failures="${failures}">\n`,
    `  <testsuite name="instructions" tests="${byFile.size}" failures="${failures}">\n`,
    ...cases,
    '  </testsuite>\n</testsuites>\n',
  ].join('');
}

function caseOf(name: string, findings: readonly Finding[]): string {
  if (findings.length === 0) {
    return `    <testcase classname="instructions" name="${escapeXml(name)}"/>\n`;
  }
  const failures = findings.filter(isFailure).map((finding) => {
    const message = escapeXml(`${finding.severity} ${finding.id}`);
    return `      <failure type="${escapeXml(finding.id)}" message="${message}">${escapeXml(lineOf(finding))}</failure>\n`;
  });
  const notes = findings.filter((finding) => !isFailure(finding)).map((finding) => `${escapeXml(lineOf(finding))}\n`);
  const output = notes.length === 0 ? '' : `      <system-out>${notes.join('')}</system-out>\n`;
  const content = [...failures, output].join('');
  return `    <testcase classname="instructions" name="${escapeXml(name)}">\n${content}    </testcase>\n`;
}

function isFailure({ severity }: Finding): boolean {
  return severity !== 'information';
}

function lineOf(finding: Finding): string {
  const line = finding.range === undefined ? '' : `line ${finding.range.startLine + 1}: `;
  return `${line}${fullMessage(finding)}`;
}

/** XML 1.0 has no place for control characters, not even escaped, nor for lone surrogates. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
