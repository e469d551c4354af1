import type { CommandId } from '../../../contributions';
import type { KvTools } from '../kvTools';

/** A command about Workers KV; `clicked` and `selected` are rows of the view, or nothing from the palette. */
export interface KvCommand {
  readonly id: CommandId;
  readonly run: (tools: KvTools, clicked: unknown, selected: unknown) => Promise<unknown>;
}
