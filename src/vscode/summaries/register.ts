import { join } from 'node:path';
import { Summarizer } from '../../core/summaries/summarizer';
import { SummaryStatistics } from '../../core/summaries/savings';
import { WorkLeases } from '../../core/summaries/workLeases';
import { registerCommands } from '../commands';
import type { SandboxTools } from '../sandboxes/sandboxTools';
import type { Services } from '../services';
import { diffSummary } from './commands/diffSummary';
import { invalidateSummaries } from './commands/invalidateSummaries';
import { pickSummaryModel } from './commands/pickSummaryModel';
import { refreshSummaries } from './commands/refreshSummaries';
import { showSummarySavings } from './commands/showSummarySavings';
import { summarize, summarizeSelection } from './commands/summarize';
import type { SummaryCommand } from './commands/summaryCommand';
import { summarizeProject } from './commands/summarizeProject';
import { SummaryModels } from './models';
import type { SummaryTools } from './summaryTools';

/** Every command about cached summaries. Nothing is sent anywhere before a person starts one and agrees. */
export function registerSummaries(services: Services, sandboxes: SandboxTools): void {
  const { clock, counter, dataFolder, log } = services;
  const statistics = new SummaryStatistics(dataFolder, { clock, log });
  const leases = new WorkLeases(join(dataFolder, 'summary-leases'), log);
  const tools: SummaryTools = {
    services,
    sandboxes,
    models: new SummaryModels(services),
    summarizer: new Summarizer({ history: sandboxes.history, counter, clock, statistics, leases }),
    statistics,
  };
  const commands: readonly SummaryCommand[] = [
    summarize,
    summarizeSelection,
    summarizeProject,
    refreshSummaries,
    diffSummary,
    invalidateSummaries,
    showSummarySavings,
    pickSummaryModel,
  ];
  registerCommands(tools, commands);
}
