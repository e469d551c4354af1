import type { SummaryStatistics } from '../../core/summaries/savings';
import type { Summarizer } from '../../core/summaries/summarizer';
import type { SandboxTools } from '../sandboxes/sandboxTools';
import type { Services } from '../services';
import type { SummaryModels } from './models';

/** What the commands about summaries share. */
export interface SummaryTools {
  readonly services: Services;
  readonly sandboxes: SandboxTools;
  readonly models: SummaryModels;
  readonly summarizer: Summarizer;
  readonly statistics: SummaryStatistics;
}
