import type { Command } from 'commander';
import { countOutcomes } from '../../core/workersKv/report';
import type { KvReport } from '../../core/workersKv/report';
import type { Progress } from '../../core/ports';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import { printable } from '../text';

/** What every command takes that changes a namespace. */
export interface ChangeOptions {
  readonly dryRun?: true;
  readonly yes?: true;
}

export function addChangeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print the plan and change nothing')
    .option('--yes', 'do not ask before the plan is applied');
}

/** A plan as the command line shows it. */
export interface ShownPlan {
  readonly source: string;
  readonly title: string;
  readonly warnings: readonly string[];
  /** Whether there is nothing to do. */
  readonly isEmpty: boolean;
  readonly text: string;
  /** The plan's own part of the JSON output. */
  readonly output: Readonly<Record<string, OutputValue>>;
}

/** Failures that are printed one by one; JSON has them all. */
const shownFailures = 20;

/**
 * Prints a plan, or applies it after a question and prints what was done. Exit code 1 when something failed, was left
 * alone, was interrupted, or was not confirmed.
 */
export async function runKvPlan(
  context: CliContext,
  plan: ShownPlan,
  options: ChangeOptions,
  apply: (progress: Progress) => Promise<KvReport>,
): Promise<ExitCode> {
  for (const warning of plan.warnings) {
    context.message(printable(warning));
  }
  if (options.dryRun === true) {
    context.out(context.json ? formatJson(planOutput(plan, undefined)) : plan.text);
    return 0;
  }
  if (!plan.isEmpty && options.yes !== true) {
    context.message(plan.text.trimEnd());
    if (!(await context.confirm(`${plan.title}?`))) {
      context.message('Nothing was changed. Answer y at a terminal, or pass --yes.');
      return 1;
    }
  }
  const report = await apply(progressOf(context));
  context.out(context.json ? formatJson(planOutput(plan, report)) : reportText(plan, report));
  return sayProblems(context, report);
}

/** Says what failed, was left alone, or is left to do, on standard error. */
function sayProblems(context: CliContext, report: KvReport): ExitCode {
  const problems = report.results.filter(({ outcome }) => outcome !== 'done');
  for (const { id, outcome, message } of problems.slice(0, shownFailures)) {
    context.message(printable(`${id}: ${outcome}: ${message ?? ''}`));
  }
  if (problems.length > shownFailures) {
    context.message(`${problems.length - shownFailures} more; --json tells of all.`);
  }
  if (report.purgeId !== undefined) {
    context.message(`It is not at its end. Go on with: kv resume ${report.purgeId}`);
  }
  return problems.length > 0 || report.cancelled || report.purgeId !== undefined ? 1 : 0;
}

function planOutput(plan: ShownPlan, report: KvReport | undefined) {
  return {
    source: plan.source,
    title: plan.title,
    dryRun: report === undefined,
    warnings: plan.warnings,
    ...plan.output,
    operationId: report?.operationId ?? null,
    purgeId: report?.purgeId ?? null,
    cancelled: report?.cancelled ?? false,
    results: report?.results.map(({ id, outcome, message }) => ({ id, outcome, message: message ?? null })) ?? null,
  };
}

function reportText(plan: ShownPlan, report: KvReport): string {
  if (plan.isEmpty) {
    return `${printable(plan.title)}: nothing to do.\n`;
  }
  const { done, skipped, failed } = countOutcomes(report.results);
  const undo = report.operationId === undefined ? '' : `Take back what was kept with: kv undo ${report.operationId}\n`;
  return `${printable(plan.title)}: ${done} done, ${skipped} skipped, ${failed} failed.\n${undo}Other places may serve what was there before for up to a minute.\n`;
}

/** Progress of long work on standard error, in steps of a tenth. */
function progressOf(context: CliContext): Progress {
  let said = 0;
  return {
    report: ({ done, total }) => {
      const tenth = total < 1000 ? 0 : Math.floor((done * 10) / total);
      if (tenth > said) {
        said = tenth;
        context.message(`${done} of ${total}`);
      }
    },
  };
}
