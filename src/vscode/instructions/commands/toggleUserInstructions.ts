import { window } from 'vscode';
import type { Services } from '../../services';

/** Toggle User-Level Instructions: whether the files in the home folder are indexed too. */
export async function toggleUserInstructions({ settings }: Services): Promise<void> {
  const include = !settings.get('contextCache.instructions.includeUserFiles');
  await settings.updateWhereSet('contextCache.instructions.includeUserFiles', include);
  window.setStatusBarMessage(`User-level instructions are ${include ? 'shown' : 'hidden'}.`, 4000);
}
