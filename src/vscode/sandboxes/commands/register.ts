import { registerCommands } from '../../commands';
import type { SandboxTools } from '../sandboxTools';
import { addSandbox } from './addSandbox';
import { createCompareCommands } from './compareEntries';
import { removeSandboxKey, setSandboxKey } from './sandboxKeys';
import { compareWithEarlier } from './compareWithEarlier';
import { compareWithSandbox } from './compareWithSandbox';
import { copyEntries } from './copyEntries';
import { exportCache } from './exportCache';
import { importCache } from './importCache';
import { startSandbox } from './startSandbox';
import { vacuumVersions } from './vacuumVersions';
import { copyKey } from './copyKey';
import { copyReference } from './copyReference';
import { diffEntries } from './diffEntries';
import { diffVersions } from './diffVersions';
import { clearEntriesFilter, filterEntries } from './filterEntries';
import { labelVersion, pinVersion } from './markVersions';
import { openEntry } from './openEntry';
import { refreshSandboxes } from './refreshSandboxes';
import { removeSandbox } from './removeSandbox';
import { bumpVersion } from './bumpVersion';
import { diffWithSource } from './diffWithSource';
import { editTags } from './editTags';
import { invalidateEntries } from './invalidateEntries';
import { pruneExpired } from './pruneExpired';
import { repairIndex } from './repairIndex';
import { restoreVersion } from './restoreVersion';
import { saveVersion } from './saveVersion';
import { seedInstructions } from './seedInstructions';
import { setTimeToLive } from './setTimeToLive';
import { undoLastChange } from './undoLastChange';
import { verifySeededInstructions } from './verifySeededInstructions';
import type { SandboxCommand } from './sandboxCommand';
import { showCacheInfo } from './showCacheInfo';
import { showHealth } from './showHealth';
import { showVersions } from './showVersions';
import { sortEntries } from './sortEntries';

/** Registers every command about sandboxes. */
export function registerSandboxCommands(tools: SandboxTools): void {
  const commands: readonly SandboxCommand[] = [
    refreshSandboxes,
    addSandbox,
    removeSandbox,
    filterEntries,
    clearEntriesFilter,
    sortEntries,
    openEntry,
    diffEntries,
    ...createCompareCommands(),
    showVersions,
    diffVersions,
    copyKey,
    copyReference,
    showCacheInfo,
    showHealth,
    bumpVersion,
    diffWithSource,
    editTags,
    invalidateEntries,
    pruneExpired,
    restoreVersion,
    labelVersion,
    pinVersion,
    saveVersion,
    seedInstructions,
    repairIndex,
    setTimeToLive,
    undoLastChange,
    verifySeededInstructions,
    compareWithEarlier,
    compareWithSandbox,
    copyEntries,
    exportCache,
    importCache,
    startSandbox,
    vacuumVersions,
    setSandboxKey,
    removeSandboxKey,
  ];
  registerCommands(tools, commands);
}
