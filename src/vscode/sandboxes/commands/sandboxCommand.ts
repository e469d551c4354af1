import type { CommandId } from '../../../contributions';
import type { SandboxTools } from '../sandboxTools';

/**
 * A command about sandboxes. `clicked` and `selected` are what the editor passes: rows of the view, URIs of cache
 * documents, the word `selection` from a keybinding of the view, or nothing from the palette.
 */
export interface SandboxCommand {
  readonly id: CommandId;
  readonly run: (tools: SandboxTools, clicked: unknown, selected: unknown) => Promise<unknown>;
}
