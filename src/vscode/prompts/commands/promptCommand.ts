import type { CommandId } from '../../../contributions';
import type { PromptTools } from '../promptTools';

/**
 * A command about prompts. `clicked` and `selected` are what the editor passes: rows of the view, URIs of files, or
 * nothing from the palette.
 */
export interface PromptCommand {
  readonly id: CommandId;
  readonly run: (tools: PromptTools, clicked: unknown, selected: unknown) => Promise<unknown>;
}
