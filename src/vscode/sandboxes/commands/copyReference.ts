import { env, window } from 'vscode';
import { plural } from '../../format';
import { pickEntry } from '../pickers';
import { referenceTo } from '../promptReference';
import { activeEntry, targetEntries } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Copies what a prompt says to make an agent fetch the entries with its cache tools, one line each. */
export const copyReference: SandboxCommand = {
  id: 'contextCache.copyReference',
  run: async (tools, clicked, selected) => {
    const targets = [...(await targetEntries(tools, clicked, selected))];
    if (targets.length === 0) {
      const picked =
        (await activeEntry(tools)) ??
        (await pickEntry(tools, { title: 'Copy Reference for Prompts', placeHolder: 'A reference to which entry?' }));
      targets.push(...(picked === undefined ? [] : [picked]));
    }
    if (targets.length > 0) {
      await env.clipboard.writeText(targets.map(({ entry }) => referenceTo(entry)).join('\n'));
      window.setStatusBarMessage(`$(copy) Copied ${plural(targets.length, 'reference')}`, 3000);
    }
  },
};
