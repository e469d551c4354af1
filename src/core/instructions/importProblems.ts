import type { Finding } from '../findings';
import type { ImportRules } from './formats/format';
import { fileId } from './model';
import type { FilePlace, ImportReference, SourceText } from './model';

/** Findings for mentions that do not do what their author meant. All ids end in `-import`. */
export function findImportProblems(
  imports: readonly ImportReference[],
  rules: ImportRules,
  texts: ReadonlyMap<string, SourceText>,
  locate: (place: FilePlace) => string,
): Finding[] {
  const findings: Finding[] = [];
  for (const reference of imports) {
    const path = locate(reference.from);
    const add = (id: string, severity: Finding['severity'], message: string, fix: string): void => {
      findings.push({ id, severity, message, fix, path, range: reference.range });
    };
    const shown = `\`${reference.path}\``;
    switch (reference.status) {
      case 'missing':
        add(
          'missing-import',
          'warning',
          `${shown} is mentioned, but there is no such file.`,
          'Correct the path, or put it in back ticks.',
        );
        break;
      case 'outside':
        if (reference.isCertain) {
          add(
            'outside-import',
            'information',
            `${shown} lies outside of the indexed folders and is not counted.`,
            'Move the file inside, or index its folder too.',
          );
        }
        break;
      case 'cycle':
        add(
          'cyclic-import',
          'warning',
          `${shown} mentions the file that mentions it; it is loaded once.`,
          'Remove one of the two mentions.',
        );
        break;
      case 'too-deep':
        add(
          'deep-import',
          'warning',
          `${shown} is the ${reference.depth}th file of a chain; only ${rules.maxDepth} are followed.`,
          'Mention it nearer to the top.',
        );
        break;
      case 'binary':
      case 'too-large':
      case 'unreadable': {
        const reason = reasonOf(reference, texts);
        add(
          'unreadable-import',
          'warning',
          `${shown} is mentioned, but can't be loaded: ${reason}`,
          'Mention a text file.',
        );
        break;
      }
      case 'expanded':
      case 'duplicate':
        break;
    }
  }
  return findings;
}

function reasonOf(reference: ImportReference, texts: ReadonlyMap<string, SourceText>): string {
  const id = reference.target === undefined ? '' : fileId(reference.from.rootId, reference.target);
  return texts.get(id)?.problems[0]?.message ?? 'it is no text.';
}
