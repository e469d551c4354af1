import { isRuleId } from './rules';
import type { RuleId } from './rules';

/** Which rules a file's comments switch off, and where. */
export interface Suppressions {
  /** Whether a rule is off on a line, counted from 0. */
  covers(ruleId: RuleId, line: number): boolean;
}

const comment = /context-cache-ignore(-file|-next-line)?\b[ \t:]*((?:CB\d\d[ \t,]*)*)/g;

/**
 * Reads comments such as `<!-- context-cache-ignore CB17 -->` (its own line, or the line below when it stands alone),
 * `context-cache-ignore-next-line`, and `context-cache-ignore-file`. Without ids all rules are meant. Any kind of
 * comment does: `#`, `//`, `<!-- -->`.
 */
export function suppressionsOf(text: string): Suppressions {
  const wholeFile = new Set<RuleId | 'all'>();
  const byLine = new Map<number, Set<RuleId | 'all'>>();
  const add = (line: number, ids: readonly (RuleId | 'all')[]): void => {
    const set = byLine.get(line) ?? new Set();
    ids.forEach((id) => set.add(id));
    byLine.set(line, set);
  };
  text.split(/\r\n|\n|\r/).forEach((content, line) => {
    for (const match of content.matchAll(comment)) {
      const named = [...match[2]!.matchAll(/CB\d\d/g)].map(([id]) => id).filter(isRuleId);
      const ids: readonly (RuleId | 'all')[] = named.length === 0 ? ['all'] : named;
      const alone = /^(?:<!--|#|\/\/|\/\*|--|;|\*)?$/.test(content.slice(0, match.index).trim());
      if (match[1] === '-file') {
        ids.forEach((id) => wholeFile.add(id));
      } else if (match[1] === '-next-line') {
        add(line + 1, ids);
      } else {
        add(line, ids);
        if (alone) {
          add(line + 1, ids);
        }
      }
    }
  });
  return {
    covers: (ruleId, line) =>
      [wholeFile, byLine.get(line)].some((set) => set !== undefined && (set.has(ruleId) || set.has('all'))),
  };
}
