import { Diagnostic, DiagnosticSeverity, Range, languages } from 'vscode';
import type { Uri } from 'vscode';
import { isSourceError } from '../core/errors';
import type { Finding, Severity } from '../core/findings';
import { takeTurn } from '../core/turns';
import type { Services } from './services';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

/** Who the Problems view says found them. */
export const findingSource = 'Context Cache';

/** Shows findings in the Problems view, replacing those shown before. */
export interface FindingDiagnostics {
  /** Only files whose findings changed are told to the editor. A later call overtakes one that is under way. */
  show(findings: readonly Finding[]): Promise<void>;
  dispose(): void;
}

/**
 * @param name the collection's name, unique in the extension
 * @param uriOf the document of a finding's path
 */
export function createFindingDiagnostics(
  { turns }: Pick<Services, 'turns'>,
  name: string,
  uriOf: (path: string) => Uri,
): FindingDiagnostics {
  const collection = languages.createDiagnosticCollection(name);
  /** What is shown of each file, as text to compare. */
  const shown = new Map<string, string>();
  let latest: AbortController | undefined;

  const show = async (findings: readonly Finding[], signal: AbortSignal): Promise<void> => {
    const byFile = new Map<string, Finding[]>();
    for (const finding of findings) {
      await takeTurn({ signal, turns });
      if (finding.path !== undefined) {
        const others = byFile.get(finding.path);
        if (others === undefined) {
          byFile.set(finding.path, [finding]);
        } else {
          others.push(finding);
        }
      }
    }
    for (const path of [...shown.keys()].filter((before) => !byFile.has(before))) {
      await takeTurn({ signal, turns });
      shown.delete(path);
      collection.delete(uriOf(path));
    }
    for (const [path, ofFile] of byFile) {
      let text = '';
      for (const finding of ofFile) {
        await takeTurn({ signal, turns });
        text += JSON.stringify(finding);
      }
      if (shown.get(path) !== text) {
        shown.set(path, text);
        collection.set(uriOf(path), ofFile.map(toDiagnostic));
      }
    }
  };
  return {
    show: async (findings) => {
      latest?.abort();
      const abort = new AbortController();
      latest = abort;
      try {
        await show(findings, abort.signal);
      } catch (error) {
        if (!isSourceError(error, 'cancelled')) {
          throw error;
        }
      }
    },
    dispose: () => {
      latest?.abort();
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
