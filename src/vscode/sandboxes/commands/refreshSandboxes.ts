import { viewIds } from '../../../contributions';
import { withProgress } from '../../progress';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Looks for sandboxes and reads them, or only the one whose row was clicked. */
export const refreshSandboxes: SandboxCommand = {
  id: 'contextCache.refreshSandboxes',
  run: async (tools, clicked, selected) => {
    const place = targetPlace(tools, clicked, selected);
    await withProgress({ viewId: viewIds.sandboxes }, async () => {
      if (place !== undefined) {
        await tools.store.refresh(place.sandbox);
        return;
      }
      await tools.registry.rescan();
      await Promise.all(tools.registry.sandboxes.map(async (sandbox) => tools.store.refresh(sandbox)));
    });
  },
};
