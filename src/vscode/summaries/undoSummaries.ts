import { executeCommand } from '../commands';

/** Takes operations back, the newest first. */
export async function undoAll(operationIds: readonly string[]): Promise<void> {
  for (const id of [...operationIds].reverse()) {
    await executeCommand('contextCache.undoLastChange', id);
  }
}
