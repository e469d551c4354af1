import type { Finding, Severity, TextRange } from '../../findings';
import { lintRules } from './rules';
import type { RuleId } from './rules';

/** Replaces a range of the file that the finding is about. */
export interface TextEdit {
  readonly range: TextRange;
  readonly newText: string;
}

/** How a finding can be repaired by machine: what to do, in the words of a button; `repairs.ts` knows the edits. */
export interface QuickFix {
  readonly kind:
    | 'move-below-prefix'
    | 'replace-with-variable'
    | 'sort'
    | 'normalise'
    | 'make-on-demand'
    | 'make-relative'
    | 'remove';
  readonly title: string;
  /** Where they follow from the finding alone. */
  readonly edits?: readonly TextEdit[];
  /** For `replace-with-variable`: a name that fits. */
  readonly variable?: string;
  /** For `move-below-prefix` in a manifest: the id of the part that stands in the way. */
  readonly part?: string;
}

/** A finding of the lint; `id` is one of CB01 to CB20. */
export interface LintFinding extends Finding {
  readonly id: RuleId;
  readonly quickFix?: QuickFix;
}

/** A place in a text at which a rule is broken; offsets are UTF-16. */
export interface Hit {
  readonly ruleId: RuleId;
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly fix: string;
  /** Where it is not that of the rule. */
  readonly severity?: Severity;
  readonly quickFix?: QuickFix;
}

export function toFinding(hit: Hit, location: string, range: TextRange): LintFinding {
  const { ruleId, message, fix, quickFix, severity = lintRules[ruleId].severity } = hit;
  return {
    id: ruleId,
    severity,
    message,
    fix,
    path: location,
    range,
    ...(quickFix === undefined ? {} : { quickFix }),
  };
}
