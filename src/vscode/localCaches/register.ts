import { join } from 'node:path';
import { LayerHistory } from '../../core/layers/layerHistory';
import type { CachesView } from '../caches/cachesView';
import { registerCommands } from '../commands';
import type { Services } from '../services';
import { addLocalCache } from './commands/addLocalCache';
import { compareLayersCommand, inspectLayerEntry, refreshLocalCaches, showMoreLayerEntries } from './commands/looking';
import { exportLayer, importLayer, syncLayer } from './commands/moving';
import { removeLocalCache } from './commands/removeLocalCache';
import { clearLayer, vacuumLayer } from './commands/removing';
import { undoLayerChange } from './commands/undoing';
import { LocalContents } from './contents';
import { watchGrowth } from './growthWarning';
import { createLocalPlaces } from './localPlaces';
import { createLocalSection } from './localSection';
import type { LocalCommand, LocalTools } from './localTools';
import { LocalNodePool } from './nodes';

/** Local caches in the view of caches, and every command about them. */
export function registerLocalCaches(services: Services, caches: CachesView): void {
  const { clock } = services;
  const now = (): number => clock.now();
  const places = services.own(createLocalPlaces(services));
  const pool = new LocalNodePool();
  const contents = new LocalContents(places, pool, now);
  const section = services.own(createLocalSection({ places, contents, pool, now }));
  services.own(caches.add(section));
  services.own(watchGrowth(services, places, contents, pool));
  const history = new LayerHistory(join(services.dataFolder, 'layers'), { clock });
  const tools: LocalTools = { services, places, contents, section, caches, history };
  const commands: readonly LocalCommand[] = [
    addLocalCache,
    removeLocalCache,
    refreshLocalCaches,
    inspectLayerEntry,
    showMoreLayerEntries,
    clearLayer,
    vacuumLayer,
    exportLayer,
    importLayer,
    syncLayer,
    compareLayersCommand,
    undoLayerChange,
  ];
  registerCommands(tools, commands);
  void places.rescan();
}
