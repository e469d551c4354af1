import type { Severity } from '../../findings';
import { isChatTemplate } from './chatTemplates';
import type { QuickFix } from './finding';
import type { RuleId } from './rules';

/**
 * What a text is: an `instruction` file that a harness loads as it stands; a `prompt` whose templates a program fills
 * in; a text of a recorded `request`, in which everything is filled in already.
 */
export type TextKind = 'instruction' | 'prompt' | 'request';

/** A rule that a pattern finds in a text. */
export interface TextRule {
  readonly ruleId: RuleId;
  /** In which kinds of text; a program fills in the templates of a prompt, never those of an instruction file. */
  readonly kinds: readonly TextKind[];
  /** Where examples stand: matches there do not count. */
  readonly skip: readonly ('fences' | 'codeSpans' | 'comments')[];
  /** Which texts are looked at; every one unless given. Asked once for each. */
  readonly appliesTo?: (text: string, path: string) => boolean;
  readonly pattern: RegExp;
  /** A match counts only if this says so. */
  readonly accept?: (match: RegExpExecArray, path: string) => boolean;
  readonly message: (match: RegExpExecArray) => string;
  readonly fix: string;
  /** Where it is not that of the rule's id. */
  readonly severity?: Severity;
  readonly quickFix?: (match: RegExpExecArray) => QuickFix | undefined;
}

const everywhere: readonly TextKind[] = ['instruction', 'prompt', 'request'];
const templates: readonly TextKind[] = ['prompt'];
const examples = ['fences', 'codeSpans', 'comments'] as const;

const monthText =
  '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\b\\.?';
const weekdayText = '(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)';
const dayText = '\\d{1,2}(?:st|nd|rd|th)?';
export const dateText = [
  '(?:\\d{4}-\\d\\d-\\d\\d|\\d{4}/\\d\\d?/\\d\\d?|\\d{1,2}[./]\\d{1,2}[./]\\d{2,4}',
  `(?:${weekdayText},?\\s+)?(?:${dayText}\\s+${monthText},?\\s+\\d{4}|${monthText}\\s+\\d{4}|${monthText}\\s+${dayText}(?:,?\\s*\\d{4})?))`,
].join('|');
const placeText =
  '(?:\\{\\{[^{}\\n]{1,60}\\}\\}|\\$\\{[^{}\\n]{1,80}\\}|\\{[A-Za-z_][^{}\\n]{0,60}\\}|<[a-z_-]{2,30}>|%[A-Za-z_]{2,20}%|\\[[A-Za-z_ -]{3,30}\\])';
const uuid = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';
/**
 * Places that a program fills in: `{{…}}` and `${…}` anywhere, `{name}` as Python writes it, but not within a path or an
 * object. What stands in quotes inside of them is text and is not looked at.
 */
const places =
  /\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|(?<![\w/{$\\.`-])\{[A-Za-z_][\w.]*(?:\([^{}\n]*\))?(?:[!:][^{}\n]*)?\}(?![\w/}`])/g;

function says([place]: RegExpExecArray, pattern: RegExp): boolean {
  return pattern.test(place.replace(/(["'`])(?:\\.|(?!\1).)*\1/g, '""'));
}

const clock = /\b(?:now|today|date|time|datetime|timestamp|utcnow|weekday)\b/i;

function variable(title: string, name: string): () => QuickFix {
  return () => ({ kind: 'replace-with-variable', title, variable: name });
}

const sortNames: QuickFix = { kind: 'sort', title: 'Sort the names' };
/** Where nothing closes the braces, the first look ahead tells it: none of the filters before is tried. */
const toJson = /\{\{(?=[^{}\n]*\}\})[^{}\n]*\|\s*tojson[^{}\n]*\}\}/g;
const sortsNames = /sort_keys\s*=\s*true/i;

const moveBelow: QuickFix = { kind: 'move-below-prefix', title: 'Move below the cached prefix' };

/** All rules that a single text can break by what it says. */
export const textRules: readonly TextRule[] = [
  {
    ruleId: 'CB01',
    kinds: everywhere,
    skip: examples,
    pattern: new RegExp(
      `\\b(?:today(?:'s|’s)?(?: date)?(?: is|:)|(?:the )?current (?:date(?: and time)?|time|datetime|year|day)(?: is|:| =)|(?:the )?date today is|it is now)[\\s*_\`"]*(?:${dateText}|${placeText}|\\d{4}\\b)`,
      'gi',
    ),
    message: (match) => `"${shorten(match[0])}" changes from day to day, and everything behind it leaves the cache.`,
    fix: 'Move it behind the cached prefix, or into the first message of the user.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB01',
    kinds: templates,
    skip: ['comments'],
    pattern: places,
    accept: (match) =>
      says(
        match,
        /\b(?:new Date\b|Date\.now|toISOString|toLocale(?:Date|Time)String|datetime\.|strftime|date\.today|time\.time)/,
      ) ||
      says(
        match,
        /^\W*(?:current[_ ]?|today[_ ]?s?[_ ]?)?(?:date(?:[_ ]?time)?|time(?:stamp)?|now|today|utcnow|weekday)\b\W*$/i,
      ),
    message: (match) =>
      `"${shorten(match[0])}" puts the time into the prompt, and everything behind it leaves the cache.`,
    fix: 'Declare it as a variable of kind `turn` and move it behind the conversation.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB02',
    kinds: everywhere,
    skip: examples,
    pattern: new RegExp(
      `\\b(?:session|request|conversation|thread|trace|run|correlation|chat)[ _-]?id\\b[\\s*_\`"]*(?:is|:|=)[\\s*_\`"]*(?:${uuid}|[0-9a-f]{16,}|(?:req|sess|conv|thread|run)_[A-Za-z0-9]{10,})`,
      'gi',
    ),
    message: (match) => `"${shorten(match[0])}" is new for each session or request.`,
    fix: 'Send it outside of the prompt, or move it behind the cached prefix.',
    quickFix: variable('Replace by a session variable', 'session_id'),
  },
  {
    ruleId: 'CB02',
    kinds: templates,
    skip: ['comments'],
    pattern: places,
    accept: (match) =>
      says(match, /\b(?:uuid4?|randomUUID|nanoid|(?:session|request|conversation|thread|trace|run|chat)_?id)\b/i),
    message: (match) => `"${shorten(match[0])}" is new for each session or request.`,
    fix: 'Declare it as a variable of kind `session` or `turn` and move it behind what is static.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB03',
    kinds: templates,
    skip: ['comments'],
    pattern: /\$\{(?=[^{}\n]*\})[^{}\n]*JSON\.stringify\([^{}\n]*\}|\{(?=[^{}\n]*\})[^{}\n]*json\.dumps\([^{}\n]*\}/g,
    accept: ([text]) => !/sort_keys\s*=\s*True|sortKeys|stableStringify|canonical/i.test(text),
    message: (match) => `"${shorten(match[0])}" writes JSON whose names may come in another order each time.`,
    fix: 'Write it with sorted names.',
    quickFix: ([text]) => (text.includes('json.dumps(') ? sortNames : undefined),
  },
  {
    ruleId: 'CB03',
    kinds: templates,
    skip: ['comments'],
    appliesTo: isChatTemplate,
    pattern: toJson,
    accept: ([text]) => !sortsNames.test(text),
    message: (match) =>
      `"${shorten(match[0])}" writes JSON with its names in the order in which a program made them: the \`tojson\` of Hugging Face's chat templates does not sort them.`,
    fix: 'Write it as `tojson(sort_keys=true)`.',
    quickFix: () => sortNames,
  },
  {
    ruleId: 'CB03',
    kinds: templates,
    skip: ['comments'],
    appliesTo: (text, path) => !isChatTemplate(text, path),
    pattern: toJson,
    // Plain Jinja's own filter sorts. A text alone does not say who fills it in, so it is told, and no more.
    accept: ([text]) => !sortsNames.test(text),
    severity: 'information',
    message: (match) =>
      `"${shorten(match[0])}" writes JSON with sorted names where plain Jinja fills it in, and in no fixed order where Hugging Face's templates, or a filter of one's own, do.`,
    fix: 'Leave it as it is with plain Jinja; elsewhere sort the names.',
  },
  {
    ruleId: 'CB05',
    kinds: templates,
    skip: ['fences', 'comments'],
    pattern:
      /\{%-?\s*(?:if|elif|unless)\b[^%\n]*%\}|\{\{[#^](?:if|unless)\b[^{}\n]*\}\}|<%\s*if\b[^%\n]*%>|\$\{[^{}\n?]*\?[^{}\n:]*:[^{}\n]*\}/g,
    message: (match) =>
      `"${shorten(match[0])}" makes a section that is there only sometimes: each form is a prefix of its own.`,
    fix: 'Make it a part of its own with `only:`, or move it behind what is always there.',
  },
  {
    ruleId: 'CB06',
    kinds: everywhere,
    skip: examples,
    pattern: new RegExp(
      `\\b(?:(?:current )?working director(?:y|ies)|cwd|host ?name|user ?name|home directory|git (?:branch|status|user)|current branch|workspace (?:path|folder|root))\\b[\\s*_\`"]*(?:is|:|=)[\\s*_\`"]*(?:\\/(?:home|Users|private|var|tmp|mnt|opt|workspace)[^\\s\`"]*|[A-Za-z]:\\\\[^\\s\`"]*|${placeText})`,
      'gi',
    ),
    // The home of a container's only user is the same for everybody.
    accept: ([text]) => !genericUsers.test(/\/(?:home|Users)\/([^/\s]+)/.exec(text)?.[1] ?? '-'),
    message: (match) => `"${shorten(match[0])}" differs from user to user and from folder to folder.`,
    fix: 'Declare it as a variable of kind `session` and move it behind what is static.',
    quickFix: variable('Replace by a session variable', 'working_folder'),
  },
  {
    ruleId: 'CB06',
    kinds: templates,
    skip: ['comments'],
    pattern: places,
    accept: (match) =>
      says(
        match,
        /\b(?:cwd|getcwd|process\.cwd|working_?dir(?:ectory)?|workspace_?(?:path|root|folder)|user_?name|host_?name|whoami|userInfo|getuser|git_?(?:branch|status)|home_?dir)\b/i,
      ),
    message: (match) => `"${shorten(match[0])}" differs from user to user and from folder to folder.`,
    fix: 'Declare it as a variable of kind `session` and move it behind what is static.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB07',
    kinds: ['instruction'],
    skip: [],
    pattern: /^\uFEFF?---\r?\n(?:(?!---)[^\n]*\n)*?(model|effort):[ \t]*(\S[^\r\n]*)/g,
    accept: (match, path) =>
      /(?:SKILL\.md|\/commands\/[^/]+\.md|\.prompt\.md)$/.test(path) && !/^["']?inherit/i.test(match[2]!),
    message: (match) =>
      `\`${match[1]!}: ${shorten(match[2]!)}\` switches while the conversation runs, and the whole cache is lost.`,
    fix: 'Leave the field out, or run the work as an agent of its own.',
    quickFix: (match) => ({ kind: 'remove', title: `Remove \`${match[1]!}\`` }),
  },
  {
    ruleId: 'CB11',
    kinds: everywhere,
    skip: examples,
    pattern: /^[ \t]*<(available_skills|skills_list|deferred_tools|available-deferred-tools)>/gim,
    // At the end there is nothing behind it that it could break.
    accept: ({ 1: name, index, input }) => !new RegExp(`</${name!}>\\s*$`, 'i').test(input.slice(index)),
    message: (match) =>
      `The list <${match[1]!}> stands inside the prompt: each skill that comes or goes breaks all behind it.`,
    fix: 'Move the list behind what is static, sorted by name.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB12',
    kinds: everywhere,
    skip: ['fences', 'codeSpans'],
    pattern: new RegExp(
      `^[ \\t>]{0,40}(?:<!--[ \\t]{0,9})?[*_#-]{0,9}[ \\t]{0,9}[*_]{0,3}(?:last[ _-]?(?:updated|modified|synced|reviewed|edited)|updated(?: on| at)?|generated (?:on|at)|auto-?generated (?:on|at)|timestamp)[*_]{0,3}[ \\t]{0,9}(?::|=|on|at)?[*_]{0,3}[ \\t]{0,9}[*_"']{0,3}(?:${dateText})`,
      'gim',
    ),
    // The marks and blanks are so few because each run of more would be tried in all its parts.
    // Further in, such a line is part of what the file quotes.
    accept: ({ index, input }) => isNearEdge(input, index),
    message: (match) => `"${shorten(match[0])}" changes with every edit and tells a model nothing.`,
    fix: 'Leave it out: the history of the file knows it.',
    quickFix: () => ({ kind: 'remove', title: 'Remove the line' }),
  },
  {
    ruleId: 'CB16',
    kinds: templates,
    skip: ['comments'],
    pattern: places,
    accept: (match) =>
      says(
        match,
        /\b(?:file_?list|files|file_?tree|dir(?:ectory)?_?tree|dir(?:ectory)?_?listing|project_?(?:structure|layout|tree)|listdir|readdirSync|glob)\b/i,
      ) && !says(match, /sort/i),
    message: (match) =>
      `"${shorten(match[0])}" lists files, in an order that the file system decides, and changes with each file.`,
    fix: 'Sort the list and move it behind what is static.',
    quickFix: () => moveBelow,
  },
  {
    ruleId: 'CB17',
    kinds: everywhere,
    skip: ['comments'],
    pattern: /(?<![\w./~:-])(?:\/home\/|\/Users\/|[A-Za-z]:\\Users\\)([A-Za-z0-9._-]+)(?=[/\\])[^\s"'`<>)\]}|,;]*/g,
    accept: (match) => !genericUsers.test(match[1]!),
    message: (match) => `"${shorten(match[0])}" exists on one machine only.`,
    fix: 'Write the path relative to the workspace or to the home folder (`~`).',
    quickFix: (match) => ({ kind: 'make-relative', title: `Replace the home folder of ${match[1]!} by ~` }),
  },
  {
    ruleId: 'CB18',
    kinds: ['instruction'],
    skip: examples,
    pattern: /(?<=^|[\s:(*-])!`([^`\n]+)`/gm,
    accept: (_, path) => /(?:SKILL|\.agent)\.md$|\/agents\/[^/]+\.md$/.test(path),
    message: (match) => `The output of \`${shorten(match[1]!)}\` is put in each time the file is loaded.`,
    fix: 'Let the agent run the command when it needs the output.',
    quickFix: () => ({ kind: 'make-on-demand', title: 'Name the command instead of running it' }),
  },
  {
    ruleId: 'CB18',
    kinds: ['instruction'],
    skip: examples,
    pattern:
      /(?<=^|\s)@((?:[\w.~-]+\/)*(?:package(?:-lock)?\.json|[\w.-]+\.(?:log|lock)|CHANGELOG\.md|TODO\.md|[Pp]rogress\.md|activeContext\.md|[\w.-]*scratchpad[\w.-]*\.md))(?=[\s.,;:)]|$)/gm,
    accept: (_, path) => /(?:CLAUDE(?:\.local)?|GEMINI|AGENTS)\.md$|copilot-instructions\.md$/.test(path),
    message: (match) => `\`@${match[1]!}\` is imported in full, and that file changes often.`,
    fix: 'Mention the path in back-ticks, so that it is read when it is needed.',
    quickFix: () => ({ kind: 'make-on-demand', title: 'Mention the path instead of importing it' }),
  },
];

/** Names that stand for anybody, or that every machine of a kind has. */
const genericUsers =
  /^(?:user(?:name|s)?\d*|your[._-]?(?:user)?name|yourname|you|me|name|someone|somebody|foo|bar|alice|bob|john(?:doe)?|jane(?:doe)?|jdoe|first(?:name)?[._-]?last(?:name)?|my\w*name|example|test(?:user)?|admin|dev(?:eloper)?|runner|vscode|ubuntu|debian|node|app|appuser|coder|codespace|jovyan|pi|ec2-user|azureuser|vagrant|circleci|jenkins|git|www-data|deploy|service|shared|public|agent|claude|sandbox|oai|gitpod|dummy|project|workspace|z|x+|\.+|runneradmin|\w*user)$/i;

function isNearEdge(text: string, at: number): boolean {
  const linesBefore = text.slice(0, at).split('\n').length - 1;
  return linesBefore < 30 || text.slice(at).trimEnd().split('\n').length <= 12;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}

/** Whether a placeholder's name speaks of time; used for declared variables. */
export function speaksOfTime(name: string): boolean {
  return clock.test(name.replaceAll('_', ' '));
}
