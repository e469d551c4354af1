import type { FeatureCommand } from '../../commands';
import type { SummaryTools } from '../summaryTools';

export type SummaryCommand = FeatureCommand<SummaryTools>;
