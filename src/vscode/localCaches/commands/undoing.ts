import { plural } from '../../format';
import { takeBack } from '../changing';
import { targetNodes } from '../localTools';
import type { LocalCommand } from '../localTools';

/** Takes back a change of a local cache, picked from those that are kept. */
export const undoLayerChange: LocalCommand = {
  id: 'contextCache.undoLayerChange',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Taking a change back');
    const [node] = targetNodes(tools, clicked, selected);
    if (!tools.places.scanned) {
      await tools.places.rescan();
    }
    const places = new Map(
      tools.places.places
        .filter((place) => node === undefined || place === node.place)
        .map((place) => [place.tree.id, place]),
    );
    const operations = (await tools.history.list()).filter(({ treeId }) => places.has(treeId));
    if (operations.length === 0) {
      void tools.services.prompts.tell('information', 'There is no change of a local cache to take back.');
      return;
    }
    const items = operations.map((operation) => ({
      label: operation.title,
      description: new Date(operation.atMs).toLocaleString(),
      detail: `${plural(operation.removed.length, 'entry', 'entries')} removed or replaced, ${plural(operation.written.length, 'file')} written`,
      operation,
    }));
    const picked = await tools.services.prompts.pick(items, {
      title: 'Undo Change of Local Cache',
      placeHolder: 'Which change is taken back?',
    });
    const place = picked === undefined ? undefined : places.get(picked.operation.treeId);
    if (picked !== undefined && place !== undefined) {
      await takeBack(tools, place, picked.operation.id);
    }
  },
};
