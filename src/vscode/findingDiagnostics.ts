import { Diagnostic, DiagnosticSeverity, Range, languages } from 'vscode';
import type { Uri } from 'vscode';
import type { Finding, Severity } from '../core/findings';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** Who the Problems view says found them. */
export const findingSource = 'Context Cache';

/** Shows findings in the Problems view, replacing those shown before. */
export interface FindingDiagnostics {
  show(findings: readonly Finding[]): void;
  dispose(): void;
}

/**
 * @param name the collection's name, unique in the extension
 * @param uriOf the document of a finding's path
 */
export function createFindingDiagnostics(name: string, uriOf: (path: string) => Uri): FindingDiagnostics {
  const collection = languages.createDiagnosticCollection(name);
  return {
    show: (findings) => {
      const byFile = new Map<string, Diagnostic[]>();
      for (const finding of findings) {
        if (finding.path !== undefined) {
          const diagnostics = byFile.get(finding.path) ?? [];
          diagnostics.push(toDiagnostic(finding));
          byFile.set(finding.path, diagnostics);
        }
      }
      collection.clear();
      collection.set([...byFile].map(([path, diagnostics]) => [uriOf(path), diagnostics]));
    },
    dispose: () => {
      collection.dispose();
    },
  };
}

function toDiagnostic({ id, severity, message, fix, range }: Finding): Diagnostic {
  const diagnostic = new Diagnostic(
    range === undefined
      ? new Range(0, 0, 0, 0)
      : new Range(range.startLine, range.startCharacter, range.endLine, range.endCharacter),
    fix === undefined ? message : `${message} ${fix}`,
    severities[severity],
  );
  diagnostic.source = findingSource;
  diagnostic.code = id;
  return diagnostic;
}
