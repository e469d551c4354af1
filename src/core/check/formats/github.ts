import type { Finding, Severity } from '../../findings';
import { fullMessage } from './shown';
import type { ShowPath } from './shown';

const commands: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'notice' };

/** Workflow commands of GitHub Actions that put each finding beside its line. */
export function formatGithub(findings: readonly Finding[], show: ShowPath): string {
  return findings.map((finding) => `${commandOf(finding, show)}\n`).join('');
}

function commandOf(finding: Finding, show: ShowPath): string {
  const { severity, id, path, range } = finding;
  const properties: string[] = [];
  if (path !== undefined) {
    properties.push(`file=${escapeProperty(show(path))}`);
  }
  if (path !== undefined && range !== undefined) {
    properties.push(`line=${range.startLine + 1}`, `endLine=${range.endLine + 1}`);
    // GitHub takes columns only within one line.
    if (range.startLine === range.endLine) {
      properties.push(`col=${range.startCharacter + 1}`, `endColumn=${range.endCharacter + 1}`);
    }
  }
  properties.push(`title=${escapeProperty(`context-cache ${id}`)}`);
  return `::${commands[severity]} ${properties.join(',')}::${escapeData(fullMessage(finding))}`;
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
