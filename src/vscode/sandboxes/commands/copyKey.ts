import { env, window } from 'vscode';
import { plural } from '../../format';
import { pickEntry } from '../pickers';
import { activeEntry, targetEntries } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Copies the keys as their callers gave them, one per line. */
export const copyKey: SandboxCommand = {
  id: 'contextCache.copyKey',
  run: async (tools, clicked, selected) => {
    const targets = [...(await targetEntries(tools, clicked, selected))];
    if (targets.length === 0) {
      const picked =
        (await activeEntry(tools)) ??
        (await pickEntry(tools, { title: 'Copy Key', placeHolder: 'The key of which entry?' }));
      targets.push(...(picked === undefined ? [] : [picked]));
    }
    if (targets.length > 0) {
      await env.clipboard.writeText(targets.map(({ entry }) => entry.originalKey).join('\n'));
      window.setStatusBarMessage(`$(copy) Copied ${plural(targets.length, 'key')}`, 3000);
    }
  },
};
