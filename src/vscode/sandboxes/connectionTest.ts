import { describeError, isSourceError } from '../../core/errors';
import type { SourceError } from '../../core/errors';
import { readSnapshot } from '../../core/cache/snapshot';
import { formatBytes, plural } from '../format';
import { withProgress } from '../progress';
import { liveTree } from './sandbox';
import type { SandboxTools } from './sandboxTools';
import type { OpenedSource } from './sources/sourceKind';

/** What looking at a new place came to. */
export type ConnectionTest =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'empty'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string; readonly error: SourceError };

/** Looks at a place once, with a way to cancel. Nothing is written, and no mirror is made. */
export async function testConnection(tools: SandboxTools, opened: OpenedSource): Promise<ConnectionTest> {
  const { clock } = tools.services;
  try {
    const { scopes } = await withProgress({ title: `Connecting to ${opened.place}` }, async ({ signal }) =>
      readSnapshot(liveTree(opened), { clock, signal }),
    );
    const entries = scopes.flatMap((scope) => scope.entries);
    const bytes = entries.reduce((sum, { fileBytes }) => sum + (fileBytes ?? 0), 0);
    const unreadable = scopes.filter(({ problem }) => problem !== undefined);
    const problems = unreadable.length === 0 ? '' : `, ${plural(unreadable.length, 'scope')} can not be read`;
    return { kind: 'found', text: `${plural(entries.length, 'entry', 'entries')}, ${formatBytes(bytes)}${problems}` };
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return { kind: 'empty', text: `There is no cache at ${opened.place} yet: seeding makes one.` };
    }
    if (!isSourceError(error)) {
      throw error;
    }
    const text = error.code === 'cancelled' ? 'Cancelled before there was an answer.' : describeError(error);
    return { kind: 'failed', text, error };
  }
}
