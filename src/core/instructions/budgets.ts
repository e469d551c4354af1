import type { BudgetConfig, Threshold } from '../config';
import type { Finding } from '../findings';
import { harnessById } from './account/table';
import type { AccountedFile, InstructionAccount } from './accountFor';
import { matchesGlob, toGlob } from './globs';
import type { FormatId, HarnessId } from './model';
import type { TokenCounts } from './tokenCounts';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';

/** A number of tokens as a budget is compared with, and as people read it: `~1570` for an estimate. */
export interface MeasuredTokens {
  readonly tokens: number;
  readonly shown: string;
}

/** What tokens of the encoding are for whoever looks: a door that counts for a model says what they are there. */
export type MeasureTokens = (encodingTokens: number) => MeasuredTokens;

export const asCounted: MeasureTokens = (tokens) => ({ tokens, shown: String(tokens) });

const wholeAgentFile: Threshold = { warn: 6_000, error: 12_000 };
const instructionFile: Threshold = { warn: 4_000, error: 8_000 };
const skillFile: Threshold = { warn: 3_000, error: 6_000 };
const ruleFile: Threshold = { warn: 2_000, error: 4_000 };

/** What other tools warn at, in tokens of one file. */
const defaultThresholds: Readonly<Record<FormatId, Threshold>> = {
  'agents-md': wholeAgentFile,
  'claude-md': wholeAgentFile,
  'gemini-md': wholeAgentFile,
  'copilot-instructions': instructionFile,
  'instructions-md': instructionFile,
  'claude-memory': instructionFile,
  'kiro-steering': instructionFile,
  library: instructionFile,
  skill: skillFile,
  'claude-rules': ruleFile,
  'cursor-rules': ruleFile,
  'windsurf-rules': ruleFile,
  'cline-rules': ruleFile,
  'roo-rules': ruleFile,
  'kilo-rules': ruleFile,
  'continue-rules': ruleFile,
  'prompt-md': ruleFile,
  agent: ruleFile,
};

/** The budget of one file: by its path, or else by its format. */
export function fileThreshold(path: string, format: FormatId, budgets: BudgetConfig): Threshold {
  const byPath = budgets.files.find(({ pattern }) => matchesGlob(path, toGlob(pattern, 'name-anywhere')));
  return byPath ?? budgets.formats[format] ?? defaultThresholds[format];
}

/** The budget for what is in every request. */
export function alwaysThreshold(harness: HarnessId, budgets: BudgetConfig): Threshold {
  return budgets.harnesses[harness] ?? budgets.always;
}

/** How tokens stand to a budget; undefined within it. */
export function severityOf(tokens: number, threshold: Threshold): 'warning' | 'error' | undefined {
  return tokens > threshold.error ? 'error' : tokens > threshold.warn ? 'warning' : undefined;
}

/**
 * Findings with the id `budget`: for the total of each request (without a `path`), for each file's text as it is loaded,
 * and for each description that is in every request.
 */
export async function checkBudgets(
  account: InstructionAccount,
  budgets: BudgetConfig,
  counts: TokenCounts,
  options: WorkOptions & { readonly measure?: MeasureTokens | undefined } = {},
): Promise<Finding[]> {
  const total = totalFinding(account, alwaysThreshold(account.harness, budgets), options.measure);
  return [
    ...(total === undefined ? [] : [total]),
    ...(await checkFileBudgets(account.files, budgets, counts, options)),
  ];
}

/** Whether all that is in every request costs too much. */
export function totalFinding(
  { harness, totals }: Pick<InstructionAccount, 'harness' | 'totals'>,
  always: Threshold,
  measure = asCounted,
): Finding | undefined {
  const { tokens, shown } = measure(totals.always);
  const severity = severityOf(tokens, always);
  return severity === undefined
    ? undefined
    : {
        id: 'budget',
        severity,
        message: `${harnessById(harness).title}: ${shown} tokens are in every request; ${limitText(always, severity)}.`,
        fix: 'Load what is seldom needed on demand or for matching files only.',
      };
}

/** The findings of {@link checkBudgets} about single files. */
export async function checkFileBudgets(
  files: readonly AccountedFile[],
  budgets: BudgetConfig,
  counts: TokenCounts,
  options: WorkOptions & { readonly measure?: MeasureTokens | undefined } = {},
): Promise<Finding[]> {
  const { measure = asCounted } = options;
  const findings: Finding[] = [];
  for (const planned of files) {
    await takeTurn(options);
    const threshold = fileThreshold(planned.file.path, planned.file.format, budgets);
    const { tokens, shown } = measure(planned.tokens);
    const severity = severityOf(tokens, threshold);
    if (severity !== undefined) {
      const message = `\`${planned.file.shownPath}\` has ${shown} tokens; ${limitText(threshold, severity)}.`;
      const fix = 'Shorten it, or move parts into files that are loaded on demand.';
      findings.push({ id: 'budget', severity, message, fix, path: planned.file.location });
    }
  }
  return [...findings, ...(await checkDescriptions(files, budgets.description, counts, { ...options, measure }))];
}

async function checkDescriptions(
  files: readonly AccountedFile[],
  threshold: Threshold,
  counts: TokenCounts,
  options: WorkOptions & { readonly measure: MeasureTokens },
): Promise<Finding[]> {
  const described = files.filter(({ file, catalogText }) => file.description !== undefined && catalogText !== '');
  const tokens = await counts.countAll(
    described.map(({ file }) => file.description!),
    options,
  );
  return described.flatMap(({ file }, at) => {
    const measured = options.measure(tokens[at]!);
    const severity = severityOf(measured.tokens, threshold);
    if (severity === undefined) {
      return [];
    }
    const limit = limitText(threshold, severity);
    const message = `The description of \`${file.shownPath}\` has ${measured.shown} tokens in every request; ${limit}.`;
    return [{ id: 'budget', severity, message, fix: 'Keep what it is and when to use it.', path: file.location }];
  });
}

function limitText(threshold: Threshold, severity: 'warning' | 'error'): string {
  return severity === 'error' ? `the limit is ${threshold.error}` : `${threshold.warn} are advised at most`;
}
