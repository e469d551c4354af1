import type { Severity } from '../../findings';

/** What breaks the prefix of a prompt cache. */
export interface LintRule {
  readonly id: RuleId;
  readonly title: string;
  readonly severity: Severity;
  /** What it takes to see it. `none`: no text shows it; it is listed so that a break can be named. */
  readonly seenIn: 'text' | 'request' | 'two requests' | 'none';
}

export const ruleIds = [
  'CB01',
  'CB02',
  'CB03',
  'CB04',
  'CB05',
  'CB06',
  'CB07',
  'CB08',
  'CB09',
  'CB10',
  'CB11',
  'CB12',
  'CB13',
  'CB14',
  'CB15',
  'CB16',
  'CB17',
  'CB18',
  'CB19',
  'CB20',
] as const;
export type RuleId = (typeof ruleIds)[number];

export const lintRules: Readonly<Record<RuleId, LintRule>> = {
  CB01: rule('CB01', 'a date or time in the prefix', 'warning', 'text'),
  CB02: rule('CB02', 'an id of a request or session', 'warning', 'text'),
  CB03: rule('CB03', 'JSON whose names come in no fixed order', 'warning', 'text'),
  CB04: rule('CB04', 'tools in no fixed order, or a changing set of tools', 'information', 'request'),
  CB05: rule('CB05', 'a section that is there only sometimes', 'warning', 'text'),
  CB06: rule('CB06', 'user, host, working folder or state of the repository', 'warning', 'text'),
  CB07: rule('CB07', 'another model, effort or mode', 'information', 'text'),
  CB08: rule('CB08', 'a picture or attachment early in the prefix', 'warning', 'request'),
  CB09: rule('CB09', 'white space or Unicode that tools rewrite', 'information', 'text'),
  CB10: rule('CB10', 'earlier messages edited or moved', 'warning', 'two requests'),
  CB11: rule('CB11', 'a list of skills or deferred tools inside the prompt', 'information', 'text'),
  CB12: rule('CB12', 'a counter, lifetime or "last updated"', 'information', 'text'),
  CB13: rule('CB13', 'more blocks than the cache looks back', 'warning', 'request'),
  CB14: rule('CB14', "a prefix under the model's minimum", 'warning', 'request'),
  CB15: rule('CB15', 'parallel requests on a cold cache', 'warning', 'none'),
  CB16: rule('CB16', 'a list of files in no fixed order', 'warning', 'text'),
  CB17: rule('CB17', 'an absolute path that differs by machine', 'information', 'text'),
  CB18: rule('CB18', 'the output of a command, or an import that changes', 'warning', 'text'),
  CB19: rule('CB19', 'a longer lifetime after a shorter one', 'error', 'request'),
  CB20: rule('CB20', 'a gateway that drops the markers', 'warning', 'none'),
};

function rule(id: RuleId, title: string, severity: Severity, seenIn: LintRule['seenIn']): LintRule {
  return { id, title, severity, seenIn };
}

export function isRuleId(text: string): text is RuleId {
  return (ruleIds as readonly string[]).includes(text);
}
