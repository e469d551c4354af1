import type { Command } from 'commander';
import { join } from 'node:path';
import type { Logger, Progress } from '../../core/ports';
import { defaultEndpoint, defaultWindowTokens, endpointModel } from '../../core/summaries/endpointModel';
import type { SummaryModel } from '../../core/summaries/model';
import { SummaryStatistics } from '../../core/summaries/savings';
import { Summarizer } from '../../core/summaries/summarizer';
import { WorkLeases } from '../../core/summaries/workLeases';
import { createTokenCounter } from '../../core/tokens/localCounter';
import type { TokenCounter } from '../../core/tokens/counter';
import type { VersionStore } from '../../core/versions/versionStore';
import { UserError } from '../../core/errors';
import { wholeNumber } from '../cache/numbers';
import { addChangeOptions, openHistory } from '../cache/runPlan';
import type { ChangeOptions } from '../cache/runPlan';
import { dataFolderOf } from '../dataFolder';
import type { CliContext } from '../io';

/** How a command is told which model to ask, and how much. */
export interface ModelOptions extends ChangeOptions {
  readonly model?: string;
  readonly window?: number;
  readonly budget: number;
}

const defaultBudget = 200_000;

const modelHelp = `
The model is one behind an OpenAI-compatible endpoint: OPENAI_BASE_URL (${defaultEndpoint} unless set),
OPENAI_API_KEY, and --model or CONTEXT_CACHE_SUMMARY_MODEL. The source is sent there, and nowhere else;
a key goes over HTTPS or to this machine only.`;

export function addModelOptions(command: Command): Command {
  return addChangeOptions(command)
    .option('--model <name>', 'the model, as the endpoint names it')
    .option(
      '--window <tokens>',
      `the most tokens that the model takes at once; ${defaultWindowTokens} unless given`,
      wholeNumber,
    )
    .option('--budget <tokens>', 'the most tokens that are sent and received in all', wholeNumber, defaultBudget)
    .addHelpText('after', modelHelp);
}

/** The model that the options and the environment name; throws a `UserError` when they name none. */
export function openModel({ env }: CliContext, { model, window }: ModelOptions): SummaryModel {
  const name = model ?? env['CONTEXT_CACHE_SUMMARY_MODEL'];
  if (name === undefined || name.trim() === '') {
    throw new UserError('No model is named.', 'Give one with --model, or in CONTEXT_CACHE_SUMMARY_MODEL.');
  }
  return endpointModel({
    address: env['OPENAI_BASE_URL'] || defaultEndpoint,
    model: name.trim(),
    key: env['OPENAI_API_KEY'] || undefined,
    windowTokens: window,
  });
}

/** What the commands about summaries work with; the counter goes at the end of the command. */
export interface SummaryTools {
  readonly summarizer: Summarizer;
  readonly statistics: SummaryStatistics;
  readonly history: VersionStore;
  readonly counter: TokenCounter;
}

export function openSummaryTools(context: CliContext): SummaryTools {
  const { clock } = context;
  const dataFolder = dataFolderOf(context);
  const counter = createTokenCounter({ dataFolder });
  context.own(counter);
  const statistics = openStatistics(context);
  const history = openHistory(context);
  const leases = new WorkLeases(join(dataFolder, 'summary-leases'), loggerOf(context));
  const summarizer = new Summarizer({ history, counter, clock, statistics, leases });
  return { summarizer, statistics, history, counter };
}

export function openStatistics(context: CliContext): SummaryStatistics {
  const { clock } = context;
  return new SummaryStatistics(dataFolderOf(context), { clock, log: loggerOf(context) });
}

function loggerOf(context: CliContext): Logger {
  const warn = (message: string): void => {
    context.message(message);
  };
  return { debug: () => undefined, info: () => undefined, warn, error: warn };
}

/** Says what the work waits for; how far it is, nobody is told. */
export function messagesOnly(context: CliContext): Progress {
  return {
    report: ({ message }) => {
      if (message !== undefined) {
        context.message(message);
      }
    },
  };
}
