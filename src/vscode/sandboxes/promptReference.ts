import { tagOfKey } from '../../core/cache/keys';
import type { CacheEntry } from '../../core/cache/model';

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
