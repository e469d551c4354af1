import { posix } from 'node:path';
import { workspace } from 'vscode';
import { planCopy } from '../../../core/cache/plans/copy';
import { entriesOf } from '../../../core/cache/plans/planBuilder';
import { readSnapshot } from '../../../core/cache/snapshot';
import { openArchive } from '../../../core/mirror/archive';
import { plural } from '../../format';
import { requireWritable } from '../applyAndTell';
import { applyCopy } from '../applyCopy';
import { pickSandbox } from '../pickers';
import { freshSource } from '../planSource';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Import Cache';

/** Copies the entries of an archive into a sandbox: shows what changes, asks, and can be undone. */
export const importCache: SandboxCommand = {
  id: 'contextCache.importCache',
  run: async (tools, clicked, selected) => {
    const { prompts, clock, trust } = tools.services;
    trust.require('Importing a cache');
    const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, title));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(tools, sandbox, 'Importing a cache');
    const files = await prompts.openDialog({
      title,
      openLabel: 'Import',
      filters: { Archives: ['tar.gz', 'tgz', 'gz'] },
    });
    const file = files?.[0];
    if (file === undefined) {
      return undefined;
    }
    const tree = await openArchive(await workspace.fs.readFile(file), posix.basename(file.path));
    const from = { tree, snapshot: await readSnapshot(tree, { clock }) };
    const plan = planCopy(from, entriesOf(from.snapshot), await freshSource(tools, sandbox));
    return applyCopy(
      tools,
      sandbox,
      plan,
      (count) => `Imported ${plural(count, 'entry', 'entries')} into ${sandbox.label}`,
    );
  },
};
