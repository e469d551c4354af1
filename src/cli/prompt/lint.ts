import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { relative, resolve } from 'node:path';
import type { JsonValue } from '../../core/cache/model';
import type { Finding, Severity } from '../../core/findings';
import { extractPrompt } from '../../core/prompts/extractPrompt';
import type { LintFinding } from '../../core/prompts/lint/finding';
import { lintPrompt } from '../../core/prompts/lint/lintPrompt';
import { lintRequest } from '../../core/prompts/lint/lintRequest';
import { lintText } from '../../core/prompts/lint/lintText';
import { isRuleId } from '../../core/prompts/lint/rules';
import type { RuleId } from '../../core/prompts/lint/rules';
import { isRequest } from '../../core/prompts/prefix/requests';
import { reportFindings, shownPath } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { configOf, openCounter, openPrompt, openProviders, readText } from './workspace';

interface LintOptions extends PromptOptions {
  readonly disable: readonly RuleId[];
}

/** `prompt lint`: what would break the cached prefix, in manifests, recorded requests, prompts and instruction files. */
export function addLintCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('lint')
    .description(
      'find what breaks a prompt cache: in manifests, recorded requests (JSON), prompts and instruction files',
    )
    .argument('<file...>', 'the files')
    .option('--disable <ids>', 'rules to leave out, such as CB09,CB17', ruleList, []);
  addPromptOptions(command).action(run(lint));
}

function ruleList(text: string, earlier: readonly RuleId[]): readonly RuleId[] {
  const ids = text.split(',').map((id) => id.trim().toUpperCase());
  if (!ids.every(isRuleId)) {
    throw new InvalidArgumentError('Rules are named CB01 to CB20.');
  }
  return [...earlier, ...ids];
}

async function lint(context: CliContext, paths: readonly string[], options: LintOptions): Promise<ExitCode> {
  const findings: Finding[] = [];
  for (const path of paths) {
    const levels = (await configOf(resolve(context.cwd, path))).lint;
    const found = await lintFile(context, path, options);
    findings.push(
      ...found.flatMap((finding): Finding[] => {
        const level: Severity | 'off' | undefined = levels[finding.id];
        return level === 'off' ? [] : [level === undefined ? finding : { ...finding, severity: level }];
      }),
    );
  }
  if (context.json) {
    context.out(formatJson({ findings: findings.map((finding) => describe(context, finding)) }));
  } else {
    reportFindings(context, findings);
    context.message(findings.length === 0 ? 'Nothing found.' : `${findings.length} finding(s).`);
  }
  return findings.some(({ severity }) => severity !== 'information') ? 1 : 0;
}

async function lintFile(context: CliContext, path: string, options: LintOptions): Promise<readonly Finding[]> {
  const location = resolve(context.cwd, path);
  const disabled = new Set(options.disable);
  const { encoding } = options;
  if (/\.prompt\.ya?ml$/i.test(path)) {
    const counter = openCounter(context);
    try {
      const opened = await openPrompt(context, path, options);
      const providers = await openProviders(context, options);
      const linted = await lintPrompt(
        { ...opened, counter, encoding, providers, disabled },
        { signal: context.signal },
      );
      return [...opened.findings, ...linted];
    } finally {
      counter.dispose();
    }
  }
  const text = await readText(location);
  const value = /\.json$/i.test(path) ? parseJson(text) : undefined;
  if (value !== undefined && isRequest(value)) {
    const counter = openCounter(context);
    try {
      const providers = await openProviders(context, options);
      const input = { text, value, location, counter, encoding, providers, disabled };
      return await lintRequest(input, { signal: context.signal });
    } finally {
      counter.dispose();
    }
  }
  if (/\.(?:py|pyi|[cm]?[tj]sx?)$/i.test(path)) {
    return lintProgram(text, path, location, disabled);
  }
  return lintText({ text, kind: isInstruction(path) ? 'instruction' : 'prompt', location, disabled });
}

/** The prompt inside a program; positions are those of the program as far as its lines go. */
function lintProgram(text: string, path: string, location: string, disabled: ReadonlySet<RuleId>): LintFinding[] {
  const { line } = extractPrompt(text, path);
  return lintText({ text, kind: 'prompt', location, disabled }).filter(
    ({ range, id }) => id !== 'CB09' && range !== undefined && range.startLine >= line,
  );
}

/** Markdown that a harness loads; other texts are taken for prompts, whose templates a program fills in. */
function isInstruction(path: string): boolean {
  const name = relative('.', path).replace(/\\/g, '/');
  return /(?:^|\/)(?:AGENTS(?:\.override)?|CLAUDE(?:\.local)?|GEMINI|SKILL|MEMORY)\.md$|\.instructions\.md$|copilot-instructions\.md$|\.mdc$|\.agent\.md$|\.prompt\.md$|(?:^|\/)\.(?:cursorrules|windsurfrules|clinerules)|(?:^|\/)(?:\.claude|\.github|\.cursor|\.kiro|\.windsurf|\.roo|\.agents|instructions)\//i.test(
    name,
  );
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Not JSON: linted as a text.
    return undefined;
  }
}

function describe(context: CliContext, finding: Finding): Readonly<Record<string, JsonValue>> {
  const { id, severity, message, fix, path, range } = finding;
  const { quickFix } = finding as Partial<LintFinding>;
  return {
    id,
    severity,
    message,
    fix: fix ?? null,
    path: path === undefined ? null : shownPath(context, path),
    line: range === undefined ? null : range.startLine + 1,
    column: range === undefined ? null : range.startCharacter + 1,
    endLine: range === undefined ? null : range.endLine + 1,
    endColumn: range === undefined ? null : range.endCharacter + 1,
    quickFix: quickFix === undefined ? null : { kind: quickFix.kind, title: quickFix.title },
  };
}
