import { env, window } from 'vscode';
import { tagOfKey } from '../../../core/cache/keys';
import type { CacheEntry } from '../../../core/cache/model';
import { plural } from '../../format';
import { pickEntry } from '../pickers';
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

/** The call of the agent's own tool where there is one for the scope, else the path in the sandbox. */
export function referenceTo(entry: Pick<CacheEntry, 'scope' | 'key' | 'originalKey' | 'path' | 'metadata'>): string {
  const tag = entry.scope === 'instructions' ? tagOfKey(entry.originalKey) : undefined;
  if (tag !== undefined) {
    const description = entry.metadata['description'];
    const about = typeof description === 'string' && description !== '' ? ` — ${description.replace(/\s+/g, ' ')}` : '';
    return `- \`get_instruction(tag=${JSON.stringify(tag)})\`${about}`;
  }
  if (entry.scope === 'project' && entry.key === 'summary') {
    return '- `get_project_summary()`';
  }
  if (entry.scope === 'artifacts') {
    return `- \`get_artifact(key=${JSON.stringify(entry.originalKey)})\``;
  }
  return `- \`${entry.path}\``;
}
