import { homedir } from 'node:os';
import { ConfigurationTarget } from 'vscode';
import type { LocalCacheSetting } from '../../contributions';
import { letGo } from '../commands';
import type { Services } from '../services';
import { openPlace, placesSetting } from './localPlaces';
import type { LocalTools } from './localTools';

/** Changes the setting as it is now, and shows what follows from that. */
export async function changePlaces(
  { services, places }: LocalTools,
  change: (settings: readonly LocalCacheSetting[]) => readonly LocalCacheSetting[],
): Promise<void> {
  const settings = change(services.settings.get(placesSetting));
  await services.settings.update(placesSetting, settings, ConfigurationTarget.Global);
  await places.rescan();
}

/** Says what was done, with a way back. */
export function offerUndo({ services }: LocalTools, message: string, undo: () => Promise<void>): void {
  const button = 'Undo';
  const told = services.prompts.tell('information', message, button).then(async (choice) => {
    if (choice === button) {
      await undo();
    }
  });
  letGo(services, button, told);
}

/** The tree that an item of the setting names; undefined for one that can't be used now. */
export function treeIdOf(services: Services, setting: LocalCacheSetting): string | undefined {
  try {
    const { tree } = openPlace(services, setting, homedir());
    tree.dispose?.();
    return tree.id;
  } catch {
    return undefined; // What is wrong with it is told by the view.
  }
}
