import type { VersionStore } from '../../core/versions/versionStore';
import type { Services } from '../services';
import type { PlanDocuments } from './documents/planDocuments';
import type { EntryTokens } from './entryTokens';
import type { MirrorKeeper } from './mirrorKeeper';
import type { SandboxRegistry } from './sandboxRegistry';
import type { SandboxStore } from './sandboxStore';
import type { SandboxView } from './sandboxView';
import type { SeedLibrary } from './seedLibrary';
import type { RemoteTrees } from './sources/remoteTrees';
import type { SourceKinds } from './sources/sourceKinds';
import type { FindingsIndex } from './snapshotFindings';
import type { SourceFiles } from './sourceFiles';
import type { ViewOptions } from './viewOptions';

/** What the commands about sandboxes share. */
export interface SandboxTools {
  readonly services: Services;
  readonly registry: SandboxRegistry;
  readonly store: SandboxStore;
  readonly tokens: EntryTokens;
  readonly findings: FindingsIndex;
  readonly options: ViewOptions;
  readonly view: SandboxView;
  readonly history: VersionStore;
  readonly keeper: MirrorKeeper;
  readonly plans: PlanDocuments;
  readonly library: SeedLibrary;
  readonly sourceFiles: SourceFiles;
  readonly kinds: SourceKinds;
  readonly remotes: RemoteTrees;
}
