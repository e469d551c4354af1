import { TextLines } from '../../instructions/textLines';
import { atOnce } from '../../turns';
import { toFinding } from './finding';
import type { Hit, LintFinding } from './finding';
import type { RuleId } from './rules';
import { suppressionsOf } from './suppress';
import { textRules } from './textRules';
import type { TextKind, TextRule } from './textRules';
import { whiteSpaceHits } from './whiteSpace';
import { contains, zonesOf } from './zones';
import type { TextZones } from './zones';

export interface LintTextInput {
  readonly text: string;
  readonly kind: TextKind;
  /** Absolute path or URI, for the findings. */
  readonly location: string;
  /** Also finds blanks at the ends of lines. */
  readonly strict?: boolean | undefined;
  readonly disabled?: ReadonlySet<RuleId> | undefined;
}

/** Finds in one text what would break the cached prefix, in the order of the text. */
export function lintText(input: LintTextInput): LintFinding[] {
  return atOnce(lintTextInSteps(input));
}

/** The same, with a pause after each rule. */
export function* lintTextInSteps(input: LintTextInput): Generator<void, LintFinding[], void> {
  const { text, kind, location, disabled } = input;
  const lines = new TextLines(text);
  const zones = zonesOf(text);
  const suppressions = suppressionsOf(text);
  const hits: Hit[] = [];
  for (const rule of textRules.filter(({ kinds }) => kinds.includes(kind))) {
    yield;
    hits.push(...hitsOf(rule, text, zones, location));
  }
  yield;
  hits.push(...whiteSpaceHits(text, lines, input.strict === true));
  const seen = new Set<string>();
  return hits
    .filter(({ ruleId }) => disabled?.has(ruleId) !== true)
    .sort((left, right) => left.start - right.start || (left.ruleId < right.ruleId ? -1 : 1))
    .filter(({ ruleId, start }) => {
      const { line } = lines.position(start);
      // One finding of a rule per line says enough.
      const key = `${ruleId} ${line}`;
      const fresh = !seen.has(key) && !suppressions.covers(ruleId, line);
      seen.add(key);
      return fresh;
    })
    .map((hit) => toFinding(hit, location, lines.range(hit.start, hit.end)));
}

function hitsOf(rule: TextRule, text: string, zones: TextZones, path: string): Hit[] {
  const hits: Hit[] = [];
  const place = path.replaceAll('\\', '/');
  if (rule.appliesTo?.(text, place) === false) {
    return hits;
  }
  const pattern = new RegExp(rule.pattern.source, rule.pattern.flags);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = match.index + (match[0].length - match[0].trimStart().length);
    const skipped = rule.skip.some((zone) => contains(zones[zone], start));
    if (!skipped && (rule.accept?.(match, place) ?? true)) {
      const quickFix = rule.quickFix?.(match);
      hits.push({
        ruleId: rule.ruleId,
        start,
        end: match.index + match[0].length,
        message: rule.message(match),
        fix: rule.fix,
        ...(rule.severity === undefined ? {} : { severity: rule.severity }),
        ...(quickFix === undefined ? {} : { quickFix }),
      });
    }
    pattern.lastIndex = Math.max(pattern.lastIndex, match.index + 1);
  }
  return hits;
}
