import { join } from 'node:path';
import { MarkdownString, window, workspace } from 'vscode';
import { MirroredTree } from '../../core/mirror/mirroredTree';
import { MirrorStore } from '../../core/mirror/mirrorStore';
import { VersionStore } from '../../core/versions/versionStore';
import type { CachesView } from '../caches/cachesView';
import type { Services } from '../services';
import { registerSandboxCommands } from './commands/register';
import { createDecorations } from './decorations';
import { createCacheFileSystem } from './documents/cacheFileSystem';
import { cacheScheme } from './documents/cacheUri';
import { setLanguages } from './documents/documentLanguage';
import { createPlanDocuments } from './documents/planDocuments';
import { createEntryTokens } from './entryTokens';
import { createMirrorKeeper } from './mirrorKeeper';
import { createNodePool } from './nodes';
import type { Sandbox } from './sandbox';
import { pollSandboxes } from './polling';
import { createSandboxRegistry } from './sandboxRegistry';
import { createSandboxRows } from './sandboxRows';
import { createSandboxStore } from './sandboxStore';
import type { SandboxStore } from './sandboxStore';
import type { SandboxTools } from './sandboxTools';
import { createSandboxView } from './sandboxView';
import { FindingsIndex } from './snapshotFindings';
import type { SeedLibrary } from './seedLibrary';
import { createRemoteTrees } from './sources/remoteTrees';
import type { MirrorTree } from './sources/sourceKind';
import { createSourceKinds } from './sources/sourceKinds';
import { createSourceFiles, followSourceFiles } from './sourceFiles';
import { createSnapshotReader } from './takeSnapshots';
import { createViewOptions } from './viewOptions';

const bytesPerMiB = 1024 * 1024;
/** Scopes with more than this are counted only once somebody opens them. */
const eagerTokenBytes = 4 * bytesPerMiB;

/**
 * The sandboxes in the view of caches, the documents of caches, and every command about them, in turns: each part asks
 * the editor for much.
 */
export async function registerSandboxes(
  services: Services,
  library: SeedLibrary,
  caches: CachesView,
): Promise<SandboxTools> {
  const { clock, turns } = services;
  const history = new VersionStore(join(services.dataFolder, 'versions'), { clock, logger: services.log });
  const mirror = new MirrorStore(join(services.dataFolder, 'mirror'), history);
  const mirrored: MirrorTree = (tree) => new MirroredTree(tree, mirror, history, services.log);
  const remotes = createRemoteTrees(services, mirrored);
  const kinds = createSourceKinds(services, remotes, mirrored);
  const registry = services.own(createSandboxRegistry(services, kinds, mirrored));
  const fetchBudgetBytes = (): number => services.settings.get('contextCache.sandboxes.fetchBudget') * bytesPerMiB;
  await turns.next('visible');
  const sourceFiles = createSourceFiles();
  const keeper = services.own(createMirrorKeeper({ clock, log: services.log, fetchBudgetBytes }));
  const takeSnapshots = createSnapshotReader({
    clock,
    library: library.fingerprints,
    sourceFiles: sourceFiles.of,
    fetchBudgetBytes,
    keep: keeper.keep,
  });
  const store = services.own(createSandboxStore(services, takeSnapshots));
  services.own(followSourceFiles(registry, store));
  services.own(
    pollSandboxes({
      store,
      view: caches,
      isShown: (sandbox) => registry.sandboxes.includes(sandbox),
      baseMs: () => services.settings.get('contextCache.sandboxes.pollInterval') * 1000,
    }),
  );
  services.own(
    library.onDidChange(() => {
      store.refreshFollowed();
    }),
  );
  await turns.next('visible');
  const tokens = services.own(createEntryTokens(services, store));
  const options = services.own(createViewOptions(services.workspaceState));
  const findings = new FindingsIndex();
  const plans = createPlanDocuments();
  const pool = createNodePool();

  const decorations = services.own(createDecorations({ registry, store, findings, clock }));
  services.own(window.registerFileDecorationProvider(decorations));
  const rows = services.own(
    createSandboxRows({
      registry,
      store,
      tokens,
      options,
      findings,
      clock,
      pool,
      countsAhead: (sandbox, scopeBytes) =>
        scopeBytes <= eagerTokenBytes && isAtHand(sandbox, store, fetchBudgetBytes()),
      decorate: (uris) => {
        decorations.refresh(uris);
      },
    }),
  );
  const view = services.own(createSandboxView({ caches, rows, registry, store, options, tokens, pool }));

  await turns.next('visible');
  const documents = services.own(createCacheFileSystem({ registry, store, history, plans }));
  services.own(
    workspace.registerFileSystemProvider(cacheScheme, documents, {
      isCaseSensitive: true,
      isReadonly: new MarkdownString('Values of a cache are read-only here. Use the commands of Context Cache.'),
    }),
  );
  services.own(setLanguages(registry, store, services.log));

  const tools: SandboxTools = {
    services,
    registry,
    store,
    tokens,
    findings,
    options,
    view,
    history,
    keeper,
    plans,
    library,
    sourceFiles,
    kinds,
    remotes,
  };
  await turns.next('visible');
  registerSandboxCommands(tools);
  void registry.rescan();
  return tools;
}

/** Whether the values of a sandbox are here already, or have been fetched by the latest look at it. */
function isAtHand(sandbox: Sandbox, store: SandboxStore, fetchBudgetBytes: number): boolean {
  if (sandbox.near || sandbox.tree.capabilities.metered) {
    return sandbox.near;
  }
  const entries = (store.state(sandbox).snapshot?.scopes ?? []).flatMap((scope) => scope.entries);
  return entries.reduce((sum, { fileBytes }) => sum + (fileBytes ?? 0), 0) <= fetchBudgetBytes;
}
