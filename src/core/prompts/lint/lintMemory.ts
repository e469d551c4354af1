import type { InstructionFile, SourceText } from '../../instructions/model';
import type { LintFinding } from './finding';
import { inTurns } from '../../turns';
import type { TurnOptions } from '../../turns';
import { lintTextInSteps } from './lintText';

/** Lints instruction files in turns, and a text that was linted before not again: one that was not read again is the same object. */
export class LintMemory {
  readonly #findings = new WeakMap<SourceText, readonly LintFinding[]>();

  async lint(
    { source, location }: Pick<InstructionFile, 'source' | 'location'>,
    options: TurnOptions,
  ): Promise<readonly LintFinding[]> {
    const known = this.#findings.get(source);
    if (known !== undefined) {
      return known;
    }
    const found = await inTurns(lintTextInSteps({ text: source.text, kind: 'instruction', location }), options);
    this.#findings.set(source, found);
    return found;
  }
}
