import type { InstructionFile, SourceText } from '../../instructions/model';
import type { LintFinding } from './finding';
import { lintText } from './lintText';

/** Lints instruction files, and each text once: one that was not read again is the same object. */
export class LintMemory {
  readonly #findings = new WeakMap<SourceText, readonly LintFinding[]>();

  lint({ source, location }: Pick<InstructionFile, 'source' | 'location'>): readonly LintFinding[] {
    const known = this.#findings.get(source);
    if (known !== undefined) {
      return known;
    }
    const found = lintText({ text: source.text, kind: 'instruction', location });
    this.#findings.set(source, found);
    return found;
  }
}
