import { commands } from 'vscode';
import { GrowthWatch } from '../../core/layers/growth';
import { layerStats } from '../../core/layers/model';
import { executeCommand, letGo } from '../commands';
import { formatBytes } from '../format';
import type { Services } from '../services';
import type { LocalContents } from './contents';
import type { LocalPlace, LocalPlaces } from './localPlaces';
import type { LocalNodePool } from './nodes';

const limitSetting = 'contextCache.localCaches.warnAbove';
const bytesPerGiB = 1024 ** 3;
/** Caches grow over hours, and looking at 50,000 files is no small thing. */
const lookMs = 10 * 60_000;

/** Looks at near caches now and then, and says once when a layer has grown beyond the limit. */
export function watchGrowth(
  services: Services,
  places: LocalPlaces,
  contents: LocalContents,
  pool: LocalNodePool,
): { dispose(): void } {
  const watches = new Map<string, GrowthWatch>();

  const check = (place: LocalPlace): void => {
    const limit = services.settings.get(limitSetting);
    const { listings, reading } = places.state(place);
    if (reading) {
      return;
    }
    for (const listing of listings ?? []) {
      const { kind } = listing.layer;
      const id = `${place.id}/${kind}`;
      const watch = watches.get(id) ?? new GrowthWatch();
      watches.set(id, watch);
      const { bytes } = layerStats(listing);
      if (watch.observe(bytes, limit > 0 ? limit * bytesPerGiB : undefined)) {
        warn(place, kind, bytes, limit * bytesPerGiB);
      }
    }
  };

  const warn = (place: LocalPlace, kind: Parameters<LocalNodePool['layer']>[1], bytes: number, limit: number): void => {
    const vacuum = 'Vacuum…';
    const settings = 'Open Settings';
    const told = services.prompts
      .tell(
        'warning',
        `The cache ${place.label} (${kind}) has grown to ${formatBytes(bytes)}, more than ${formatBytes(limit)}.`,
        vacuum,
        settings,
      )
      .then(async (choice) => {
        const node = pool.layer(place, kind);
        if (choice === vacuum && contents.listing(node) !== undefined) {
          await executeCommand('contextCache.vacuumLayer', node);
        } else if (choice === settings) {
          await commands.executeCommand('workbench.action.openSettings', limitSetting);
        }
      });
    letGo(services, 'Growth of a local cache', told);
  };

  const timer = setInterval(() => {
    for (const place of places.places.filter(({ isNear }) => isNear)) {
      void places.refresh(place);
    }
  }, lookMs);
  timer.unref();
  const subscription = places.onDidRead(check);
  return {
    dispose: () => {
      clearInterval(timer);
      subscription.dispose();
    },
  };
}
