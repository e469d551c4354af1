import { viewIds } from '../../../contributions';
import { withProgress } from '../../progress';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Looks again at every cache of the view, or only at the sandbox whose row was clicked. */
export const refreshSandboxes: SandboxCommand = {
  id: 'contextCache.refreshSandboxes',
  run: async (tools, clicked, selected) => {
    const place = targetPlace(tools, clicked, selected);
    await withProgress({ viewId: viewIds.sandboxes }, async () => {
      if (place !== undefined) {
        await tools.store.refresh(place.sandbox);
        return;
      }
      await tools.view.refreshAll();
    });
  },
};
