import { ThemeIcon } from 'vscode';
import { planInvalidate } from '../../../core/cache/plans/invalidate';
import type { EntryCriteria } from '../../../core/cache/selectEntries';
import { tagsOf } from '../../../core/cache/selectEntries';
import type { ApplyReport } from '../../../core/cache/plan';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { requireWritable } from '../applyAndTell';
import { applyDeletions } from '../deletions';
import type { Deletion } from '../deletions';
import { pickEntries, pickOne, pickSandbox, pickScope } from '../pickers';
import { freshSource } from '../planSource';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { bySandbox, targetEntries, targetNodes } from '../targets';
import type { EntryTarget } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Invalidate';

/** Ways to say which entries go. */
const ways = ['entries', 'summaries', 'tag', 'version', 'pattern', 'scope', 'expired', 'orphans'] as const;
type Way = (typeof ways)[number];

const wayTexts: Readonly<Record<Way, readonly [label: string, detail: string, icon: string]>> = {
  entries: ['Entries…', 'Pick the entries one by one', 'checklist'],
  summaries: ['Summaries', 'Conversation summaries and the project summary', 'comment-discussion'],
  tag: ['By Tag…', 'Every entry with a tag', 'tag'],
  version: ['Seeded Before Version…', 'Every seeded instruction of a lower version', 'versions'],
  pattern: ['By Pattern…', 'Every entry whose key matches a pattern such as tool_output_*', 'regex'],
  scope: ['A Scope…', 'Everything in one scope', 'folder'],
  expired: ['Expired', 'Every expired entry', 'history'],
  orphans: ['Orphans', 'Files that the index does not name', 'question'],
};

/** Deletes entries with their values: lists what will go, asks once, and can be undone. */
export const invalidateEntries: SandboxCommand = {
  id: 'contextCache.invalidateEntries',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Invalidating entries');
    const [node, ...others] = targetNodes(tools, clicked, selected);
    const isWhole = others.length === 0 && node !== undefined && node.kind !== 'entry' && node.kind !== 'group';
    const targets = isWhole ? [] : await targetEntries(tools, clicked, selected);
    if (targets.length > 0) {
      return invalidateTargets(tools, targets);
    }
    if (isWhole && node.kind === 'scope') {
      return invalidateWhere(tools, node.sandbox, { scope: node.scope });
    }
    const sandbox = node?.sandbox ?? (await pickSandbox(tools, title));
    const criteria = sandbox === undefined ? undefined : await askCriteria(tools, sandbox);
    return sandbox === undefined || criteria === undefined ? undefined : invalidateWhere(tools, sandbox, criteria);
  },
};

async function invalidateTargets(
  tools: SandboxTools,
  targets: readonly EntryTarget[],
): Promise<readonly ApplyReport[]> {
  const deletions: Deletion[] = [];
  for (const [sandbox, entries] of bySandbox(targets)) {
    requireWritable(tools, sandbox, 'Invalidating entries');
    const addresses = entries.map(({ scope, key }) => ({ scope, key }));
    deletions.push({ sandbox, plan: planInvalidate(await freshSource(tools, sandbox), { entries: addresses }) });
  }
  return applyDeletions(tools, deletions, title, invalidated);
}

async function invalidateWhere(
  tools: SandboxTools,
  sandbox: Sandbox,
  criteria: EntryCriteria,
): Promise<readonly ApplyReport[]> {
  requireWritable(tools, sandbox, 'Invalidating entries');
  const plan = planInvalidate(await freshSource(tools, sandbox), criteria);
  return applyDeletions(tools, [{ sandbox, plan }], title, invalidated);
}

function invalidated(count: number, { label }: Sandbox): string {
  return `Invalidated ${plural(count, 'entry', 'entries')} of ${label}`;
}

async function askCriteria(tools: SandboxTools, sandbox: Sandbox): Promise<EntryCriteria | undefined> {
  const way = await pickOne(
    tools,
    ways,
    (one) => {
      const [label, detail, icon] = wayTexts[one];
      return { label, detail, iconPath: new ThemeIcon(icon) };
    },
    { title, placeHolder: `What is invalidated in ${sandbox.label}?` },
  );
  switch (way) {
    case undefined:
      return undefined;
    case 'summaries':
      return { summaries: true };
    case 'expired':
      return { expired: true };
    case 'orphans':
      return { orphans: true };
    case 'scope': {
      const scope = await pickScope(tools, sandbox, title);
      return scope === undefined ? undefined : { scope };
    }
    case 'tag':
      return askTag(tools, sandbox);
    case 'version': {
      const version = await tools.services.prompts.input({
        title,
        prompt: 'Seeded instructions of a lower version than this; one that was never bumped is version 1',
        placeHolder: '3',
        validateInput: (text) => (/^[1-9]\d{0,8}$/.test(text.trim()) ? undefined : 'Give a whole number from 1.'),
      });
      return version === undefined ? undefined : { seeded: true, beforeVersion: Number(version.trim()) };
    }
    case 'pattern': {
      const pattern = await tools.services.prompts.input({
        title,
        prompt: 'A pattern over keys; * stands for anything',
        placeHolder: 'tool_output_web_search_*',
        validateInput: (text) => (text.trim() === '' ? 'Give a pattern.' : undefined),
      });
      return pattern === undefined ? undefined : { pattern: pattern.trim() };
    }
    case 'entries': {
      const picked = await pickEntries(
        tools,
        { title, placeHolder: 'Which entries?' },
        (target) => target.sandbox === sandbox,
      );
      return picked === undefined || picked.length === 0
        ? undefined
        : { entries: picked.map(({ entry: { scope, key } }) => ({ scope, key })) };
    }
  }
}

async function askTag(tools: SandboxTools, sandbox: Sandbox): Promise<EntryCriteria | undefined> {
  const { scopes } = await tools.store.snapshot(sandbox);
  const counts = new Map<string, number>();
  for (const tag of scopes.flatMap(({ entries }) => entries.flatMap((entry) => [...tagsOf(entry)]))) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  if (counts.size === 0) {
    throw new UserError(`No entry of ${sandbox.label} has a tag.`, 'Give some with "Edit Tags".');
  }
  const tag = await pickOne(
    tools,
    [...counts.keys()].sort(),
    (one) => ({ label: one, description: plural(counts.get(one) ?? 0, 'entry', 'entries') }),
    { title, placeHolder: 'Entries with which tag?' },
  );
  return tag === undefined ? undefined : { tag };
}
