import { posix } from 'node:path';
import type { TextRange } from '../../findings';
import { TextLines } from '../../instructions/textLines';
import type { WorkOptions } from '../../ports';
import type { EncodingName, TokenCounter } from '../../tokens/counter';
import { compilePrompt } from '../compile';
import type { CompiledPrompt } from '../compile';
import { fullVariant, streamlinedVariant } from '../model';
import type { PromptManifest, PromptPart, PromptVariable } from '../model';
import { placeholdersOf } from '../promptText';
import { minimumInEncoding } from '../providers';
import type { ProviderTable } from '../providers';
import type { PromptFiles, ResolvedPart, ResolvedPrompt } from '../resolve';
import { toFinding } from './finding';
import type { LintFinding, QuickFix } from './finding';
import { lintText } from './lintText';
import { offsetsOf } from './repair';
import type { RuleId } from './rules';
import { suppressionsOf } from './suppress';
import type { Suppressions } from './suppress';
import { speaksOfTime } from './textRules';

export interface LintPromptInput {
  readonly prompt: ResolvedPrompt;
  /** Relative to the root of `files`. */
  readonly manifestPath: string;
  readonly manifestText: string;
  readonly files: PromptFiles;
  readonly counter: TokenCounter;
  readonly encoding: EncodingName;
  readonly providers: ProviderTable;
  readonly disabled?: ReadonlySet<RuleId> | undefined;
}

/**
 * Lints a manifest: the texts of its parts, each in its own file, and what the order of the parts does to the cached
 * prefix of both variants.
 */
export async function lintPrompt(input: LintPromptInput, options: WorkOptions = {}): Promise<LintFinding[]> {
  const { prompt, disabled, manifestPath, manifestText, files } = input;
  const suppressions = suppressionsOf(manifestText);
  const location = files.locate(manifestPath);
  const report = (ruleId: RuleId, part: PromptPart, message: string, fix: string): LintFinding => {
    const quickFix: QuickFix = { kind: 'move-below-prefix', title: fix, part: part.id };
    return toFinding({ ruleId, start: 0, end: 0, message, fix, quickFix }, location, part.range);
  };
  const conversation = prompt.parts.findIndex(({ part }) => part.kind === 'conversation');
  const findings: LintFinding[] = [
    // What stands behind the conversation is in no prefix.
    ...prompt.parts.flatMap((part, index) =>
      conversation !== -1 && index > conversation ? [] : lintPart(part, input, suppressions),
    ),
    ...orderFindings(prompt, report),
  ];
  if (!prompt.findings.some(({ severity }) => severity === 'error')) {
    findings.push(...(await minimumFindings(input, location, options)));
  }
  return findings.filter(
    ({ id, path, range }) =>
      disabled?.has(id) !== true && (path !== location || !suppressions.covers(id, range?.startLine ?? 0)),
  );
}

function lintPart(resolved: ResolvedPart, input: LintPromptInput, suppressions: Suppressions): LintFinding[] {
  const { part, text, instruction } = resolved;
  const { files, manifestPath, manifestText, disabled, prompt } = input;
  const location = files.locate(manifestPath);
  switch (part.kind) {
    case 'text':
      return lintPartText({ text, location, disabled, variables: prompt.manifest.variables })
        .filter(({ id }) => !suppressions.covers(id, part.range.startLine))
        .map(({ quickFix, ...finding }) => {
          const range = placeInManifest(manifestText, part.range, saidAt(text, finding.range!));
          return range === undefined || quickFix?.edits !== undefined
            ? { ...finding, range: range ?? part.range }
            : { ...finding, range, ...(quickFix === undefined ? {} : { quickFix }) };
        });
    case 'file': {
      const path = posix.join(posix.dirname(manifestPath), part.file);
      return lintPartText({ text, location: files.locate(path), disabled, variables: prompt.manifest.variables });
    }
    case 'instruction':
      return instruction?.path === undefined
        ? []
        : lintText({ text: instruction.text, kind: 'instruction', location: files.locate(instruction.path), disabled });
    case 'tools':
    case 'conversation':
      return [];
  }
}

/** Lints the text of a part; its declared variables are judged by the order of the parts instead. */
export function lintPartText(input: {
  readonly text: string;
  readonly location: string;
  readonly variables: PromptManifest['variables'];
  readonly disabled?: ReadonlySet<RuleId> | undefined;
}): LintFinding[] {
  const { text, location, disabled, variables } = input;
  return lintText({ text, kind: 'prompt', location, disabled, strict: true }).filter(
    ({ range }) => !placeholdersOf(saidAt(text, range!)).some(({ name }) => variables.has(name)),
  );
}

function saidAt(text: string, range: TextRange): string {
  const { start, end } = offsetsOf(new TextLines(text), range);
  return text.slice(start, end);
}

/** Where the words of a part stand in the manifest; undefined when YAML writes them in another way, or twice. */
function placeInManifest(manifestText: string, part: TextRange, said: string): TextRange | undefined {
  const lines = new TextLines(manifestText);
  const { start, end } = offsetsOf(lines, part);
  const written = manifestText.slice(start, end);
  const at = written.indexOf(said);
  return said.trim() === '' || said.includes('\n') || at === -1 || written.includes(said, at + 1)
    ? undefined
    : lines.range(start + at, start + at + said.length);
}

type Report = (ruleId: RuleId, part: PromptPart, message: string, fix: string) => LintFinding;

/** A variable that changes, with something that stays the same behind it, keeps that out of the cache. */
function orderFindings(prompt: ResolvedPrompt, report: Report): LintFinding[] {
  const { variables } = prompt.manifest;
  const conversation = prompt.parts.findIndex(({ part }) => part.kind === 'conversation');
  const prefix = (conversation === -1 ? prompt.parts : prompt.parts.slice(0, conversation)).filter(
    ({ part }) => part.kind !== 'tools',
  );
  return prefix.flatMap(({ part, text }, index) => {
    const behind = prefix.slice(index + 1).filter(({ text: later }) => isStatic(later, variables));
    const changing = [...variables.values()].filter(
      ({ name, kind }) => kind !== 'static' && new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(text),
    );
    return behind.length === 0
      ? []
      : changing.map((variable) => {
          const names = behind.map(({ part: { id } }) => `\`${id}\``).join(', ');
          const message = `{{${variable.name}}} in \`${part.id}\` changes with each ${variable.kind}, so ${names} behind it can't stay in the cache.`;
          return report(ruleFor(variable), part, message, `Move \`${part.id}\` behind what is static.`);
        });
  });
}

function isStatic(text: string, variables: ReadonlyMap<string, PromptVariable>): boolean {
  return (
    text !== '' &&
    [...variables.values()].every(
      ({ name, kind }) => kind === 'static' || !new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(text),
    )
  );
}

function ruleFor({ name }: PromptVariable): RuleId {
  if (speaksOfTime(name)) {
    return 'CB01';
  }
  if (/(?:^|_)(?:id|uuid)$/i.test(name)) {
    return 'CB02';
  }
  if (/files?|tree|listing/i.test(name)) {
    return 'CB16';
  }
  return /user|host|folder|cwd|dir|path|branch|repo|git|workspace|os|platform/i.test(name) ? 'CB06' : 'CB12';
}

async function minimumFindings(input: LintPromptInput, location: string, options: WorkOptions): Promise<LintFinding[]> {
  const { prompt, counter, encoding, providers } = input;
  const findings: LintFinding[] = [];
  for (const variant of [fullVariant, streamlinedVariant]) {
    let compiled: CompiledPrompt;
    try {
      compiled = compilePrompt(prompt, variant);
    } catch {
      // A static variable without a value: compiling says so, the length of the prefix is then unknown.
      return [];
    }
    const pieces = compiled.pieces.filter(
      ({ prefixStability, kind }) => prefixStability === 'static' || kind === 'tools',
    );
    const tokens = await counter.count(pieces.map(({ text }) => text).join('\n\n'), encoding, options);
    for (const model of prompt.manifest.models) {
      const rules = providers.forModel(model);
      if (
        rules !== undefined &&
        !rules.uncertain.includes('minimumTokens') &&
        tokens < minimumInEncoding(rules, true)
      ) {
        const message = `The static prefix of '${variant}' has ${tokens} tokens (${encoding}); ${model} caches none under ${rules.cache.minimumTokens}, and says nothing.`;
        const fix = 'Move more of what is static to the front, or do not count on the cache.';
        const range = prompt.parts[0]!.part.range;
        findings.push(toFinding({ ruleId: 'CB14', start: 0, end: 0, message, fix }, location, range));
      }
    }
  }
  return findings;
}
