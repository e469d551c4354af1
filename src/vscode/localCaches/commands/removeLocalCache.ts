import type { LocalCacheSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import { placesSetting } from '../localPlaces';
import type { LocalPlace } from '../localPlaces';
import { targetNodes } from '../localTools';
import type { LocalCommand, LocalTools } from '../localTools';
import { changePlaces, offerUndo, treeIdOf } from '../placesSetting';

/** Takes a place out of the settings. Its files are left as they are. */
export const removeLocalCache: LocalCommand = {
  id: 'contextCache.removeLocalCache',
  run: async (tools, clicked, selected) => {
    const { services } = tools;
    services.trust.require('Removing a local cache');
    const place = await placeToRemove(tools, clicked, selected);
    if (place === undefined) {
      return;
    }
    const isIt = (setting: LocalCacheSetting): boolean => treeIdOf(services, setting) === place.tree.id;
    const removed = services.settings.get(placesSetting).filter(isIt);
    await changePlaces(tools, (settings) => settings.filter((setting) => !isIt(setting)));
    const message = `${place.label} is no longer shown. Its files were not touched.`;
    offerUndo(tools, message, async () => changePlaces(tools, (settings) => [...settings, ...removed]));
  },
};

async function placeToRemove(tools: LocalTools, clicked: unknown, selected: unknown): Promise<LocalPlace | undefined> {
  if (!tools.places.scanned) {
    await tools.places.rescan();
  }
  const [node] = targetNodes(tools, clicked, selected);
  const named = tools.places.places.filter(({ origin }) => origin === 'setting');
  if (node?.place.origin === 'detected') {
    throw new UserError(
      `${node.place.label} was found in your home folder; no setting names it.`,
      'Switch contextCache.localCaches.detect off to hide it.',
    );
  }
  if (named.length === 0) {
    throw new UserError(
      'No local cache comes from the settings.',
      'Those of your home folder are hidden with contextCache.localCaches.detect.',
    );
  }
  const items = named.map((place) => ({ label: place.label, description: place.place, place }));
  return (
    node?.place ??
    (
      await tools.services.prompts.pick(items, {
        title: 'Remove Local Cache',
        placeHolder: 'Which one is no longer shown?',
        matchOnDescription: true,
      })
    )?.place
  );
}
