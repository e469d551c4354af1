import { join } from 'node:path';
import { MarkdownString, workspace } from 'vscode';
import { VersionStore } from '../../core/versions/versionStore';
import { PurgeJournal } from '../../core/workersKv/purgeJournal';
import type { CachesView } from '../caches/cachesView';
import { registerCommands } from '../commands';
import type { Services } from '../services';
import { addKvNamespace } from './commands/addKvNamespace';
import { bumpKvVersion } from './commands/bumpKvVersion';
import type { KvCommand } from './commands/kvCommand';
import {
  copyKvKey,
  groupKvEntries,
  openKvMetadata,
  openKvValue,
  showKvFindings,
  showKvVersions,
} from './commands/lookCommands';
import { removeCloudflareToken, removeKvNamespace, setCloudflareToken } from './commands/placeCommands';
import { pruneKvEntries, purgeKvEntries } from './commands/purgeKvEntries';
import { resumeKvPurge } from './commands/resumeKvPurge';
import { undoKvChange } from './commands/undoKvChange';
import { createKvCaches } from './kvCaches';
import { createKvDocuments, kvScheme } from './kvDocuments';
import { createKvSection } from './kvSection';
import type { KvTools } from './kvTools';
import { createKvViewOptions } from './kvView';
import { KvTokens } from './tokens';

/** The namespaces of Workers KV in the view of caches, their documents, and every command about them. */
export function registerWorkersKv(services: Services, view: CachesView): void {
  const tokens = new KvTokens(services.secrets);
  const history = new VersionStore(join(services.dataFolder, 'versions'), {
    clock: services.clock,
    logger: services.log,
  });
  const journal = new PurgeJournal(join(services.dataFolder, 'workers-kv', 'purges'));
  const caches = services.own(createKvCaches(services, tokens, journal));
  const options = services.own(createKvViewOptions(services.workspaceState));
  const section = services.own(createKvSection(caches, options, services.clock));
  services.own(view.add(section));
  services.own(
    workspace.registerFileSystemProvider(kvScheme, services.own(createKvDocuments(caches)), {
      isCaseSensitive: true,
      isReadonly: new MarkdownString('What stands in Workers KV is read-only here.'),
    }),
  );
  const tools: KvTools = { services, caches, options, tokens, history, journal, view };
  const commands: readonly KvCommand[] = [
    addKvNamespace,
    removeKvNamespace,
    groupKvEntries,
    openKvMetadata,
    openKvValue,
    copyKvKey,
    bumpKvVersion,
    showKvVersions,
    purgeKvEntries,
    resumeKvPurge,
    pruneKvEntries,
    showKvFindings,
    undoKvChange,
    setCloudflareToken,
    removeCloudflareToken,
  ];
  registerCommands(tools, commands);
}
