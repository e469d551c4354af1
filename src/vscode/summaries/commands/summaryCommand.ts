import type { CommandId } from '../../../contributions';
import type { SummaryTools } from '../summaryTools';

/** A command about summaries; `clicked` and `selected` are what the editor's menus pass. */
export interface SummaryCommand {
  readonly id: CommandId;
  readonly run: (tools: SummaryTools, clicked: unknown, selected: unknown) => Promise<unknown>;
}
