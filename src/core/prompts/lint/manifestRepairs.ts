import { TextLines } from '../../instructions/textLines';
import type { PromptManifest, PromptPart, Stability } from '../model';
import { stabilityOf } from '../promptText';
import type { LintFinding } from './finding';
import { declareVariable, movePart } from './manifestEdits';
import { parseManifest } from '../manifest';
import { applyTextEdits, offsetsOf } from './repair';
import type { FileEdit, Repair } from './repair';
import type { RuleId } from './rules';
import { textRepairs } from './textRepairs';
import { dateText } from './textRules';

export interface ManifestRepairInput {
  readonly manifest: PromptManifest;
  readonly manifestText: string;
  /** As findings name it. */
  readonly manifestLocation: string;
  /** The texts of the parts by their ids, with their placeholders. */
  readonly partTexts: ReadonlyMap<string, string>;
  /** The text that the finding is about: the manifest, or the file of a part. */
  readonly text: string;
}

/** What a rule's value becomes, and for how long it stays the same. */
const defaultNames: Partial<Readonly<Record<RuleId, string>>> = {
  CB01: 'today',
  CB02: 'session_id',
  CB06: 'working_folder',
  CB16: 'file_list',
};

const values: Partial<Readonly<Record<RuleId, RegExp>>> = {
  CB01: new RegExp(`(?:${dateText})|\\b\\d{4}\\b`, 'i'),
  CB02: /[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{16,}|(?:req|sess|conv|thread|run)_[A-Za-z0-9]{10,}/,
  CB06: /(?:\/|[A-Za-z]:\\)[^\s"'`<>)]*$/,
};

const template = /\{\{[^{}\n]*\}\}|\$\{[^{}\n]*\}|\{[A-Za-z_][^{}\n]*\}|<[a-z_-]{2,30}>|%[A-Za-z_]{2,20}%/;

/**
 * How a finding about a manifest or the file of one of its parts can be repaired with what a manifest offers: a declared
 * variable in place of a value, and another order of the parts.
 */
export function manifestRepairs(finding: LintFinding, input: ManifestRepairInput): Repair[] {
  const { quickFix } = finding;
  const { manifestText, manifestLocation } = input;
  const repairs =
    quickFix?.part !== undefined
      ? moveBelow(quickFix.part, input)
      : [
          ...(quickFix?.kind === 'move-below-prefix' || quickFix?.kind === 'replace-with-variable'
            ? replaceByVariable(finding, input)
            : []),
          ...textRepairs(finding, input.text),
        ];
  // In YAML the same words can mean something else at another place.
  return repairs.filter(({ edits }) => {
    const own = edits.filter(({ path }) => path === manifestLocation);
    return (
      own.length === 0 ||
      parseManifest(applyTextEdits(manifestText, own), manifestLocation).findings.every(
        ({ severity }) => severity !== 'error',
      )
    );
  });
}

function moveBelow(id: string, { manifest, manifestText, manifestLocation, partTexts }: ManifestRepairInput): Repair[] {
  const { parts, variables } = manifest;
  const from = parts.findIndex((part) => part.id === id);
  if (from === -1) {
    return [];
  }
  const stability = (part: PromptPart): Stability => stabilityOf(partTexts.get(part.id) ?? '', variables);
  const conversation = parts.findIndex(({ kind }) => kind === 'conversation');
  const prefix = conversation === -1 ? parts : parts.slice(0, conversation);
  // What changes with each turn goes last, what stays for a session before that.
  const stays: readonly Stability[] = stability(parts[from]!) === 'turn' ? ['static', 'session'] : ['static'];
  const to = prefix.findLastIndex((part) => part.id !== id && stays.includes(stability(part)));
  const edits = to <= from ? undefined : movePart(manifestText, from, to);
  return edits === undefined
    ? []
    : [
        {
          title: `Move \`${id}\` behind \`${parts[to]!.id}\``,
          edits: edits.map((edit) => ({ ...edit, path: manifestLocation })),
          safe: false,
        },
      ];
}

function replaceByVariable(finding: LintFinding, input: ManifestRepairInput): Repair[] {
  const { id, range, path } = finding;
  const { manifest, manifestText, manifestLocation, text } = input;
  if (range === undefined || path === undefined || range.startLine !== range.endLine) {
    return [];
  }
  const lines = new TextLines(text);
  const { start, end } = offsetsOf(lines, range);
  const found = text.slice(start, end);
  const place = template.exec(found) ?? values[id]?.exec(found);
  if (place === undefined || place === null) {
    return [];
  }
  const name = /^\{\{?\s*([A-Za-z_]\w*)\s*\}?\}$/.exec(place[0])?.[1] ?? finding.quickFix?.variable ?? defaultNames[id];
  if (name === undefined) {
    return [];
  }
  const kind: Stability = /(?:^|_)(?:now|time|timestamp|utcnow|datetime)(?:_|$)/i.test(name) ? 'turn' : 'session';
  const edits: FileEdit[] = [];
  if (!manifest.variables.has(name)) {
    const declaration = declareVariable(manifestText, name, kind);
    if (declaration === undefined) {
      return [];
    }
    edits.push({ ...declaration, path: manifestLocation });
  }
  const written = `{{${name}}}`;
  const at = start + place.index;
  if (place[0] !== written) {
    edits.push({ path, range: lines.range(at, at + place[0].length), newText: written });
  }
  const what = manifest.variables.get(name)?.kind ?? kind;
  return edits.length === 0 ? [] : [{ title: `Replace by the ${what} variable {{${name}}}`, edits, safe: false }];
}
