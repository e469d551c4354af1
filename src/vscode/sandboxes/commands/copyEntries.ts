import { planCopy } from '../../../core/cache/plans/copy';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { requireWritable } from '../applyAndTell';
import { applyCopy } from '../applyCopy';
import { pickSandbox, pickScope } from '../pickers';
import { freshSource } from '../planSource';
import type { SandboxTools } from '../sandboxTools';
import { bySandbox, targetEntries } from '../targets';
import type { EntryTarget } from '../targets';
import { pickOther } from './compareWithSandbox';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Copy to Another Sandbox';

/** Copies a scope, or the chosen entries, to another sandbox: shows what changes, asks, and can be undone. */
export const copyEntries: SandboxCommand = {
  id: 'contextCache.copyEntries',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Copying entries');
    const given = await targetEntries(tools, clicked, selected);
    const targets = given.length > 0 ? given : await askScope(tools);
    const [from, ...others] = [...bySandbox(targets)];
    if (from === undefined) {
      return undefined;
    }
    if (others.length > 0) {
      throw new UserError('The entries are of several sandboxes.', 'Copy those of one sandbox at a time.');
    }
    const [sandbox, entries] = from;
    const count = plural(entries.length, 'entry', 'entries');
    const to = await pickOther(tools, sandbox, title, `Copy ${count} of ${sandbox.label} to`);
    if (to === undefined) {
      return undefined;
    }
    requireWritable(tools, to, 'Copying entries');
    // Out of reach, what was last seen is copied.
    const source = { tree: sandbox.tree, snapshot: await tools.store.snapshot(sandbox) };
    const plan = planCopy(source, entries, await freshSource(tools, to));
    return applyCopy(tools, to, plan, (copied) => `Copied ${plural(copied, 'entry', 'entries')} to ${to.label}`);
  },
};

async function askScope(tools: SandboxTools): Promise<readonly EntryTarget[]> {
  const sandbox = await pickSandbox(tools, title);
  const scope = sandbox === undefined ? undefined : await pickScope(tools, sandbox, title);
  if (sandbox === undefined || scope === undefined) {
    return [];
  }
  const entries = tools.store.scope(sandbox, scope)?.entries ?? [];
  if (entries.length === 0) {
    throw new UserError(`There is nothing in ${scope} of ${sandbox.label}.`, 'Choose another scope.');
  }
  return entries.map((entry) => ({ sandbox, entry }));
}
