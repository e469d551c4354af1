import { commands, ThemeIcon } from 'vscode';
import type { Uri } from 'vscode';
import type { CachePlan } from '../../core/cache/changes';
import { indexName } from '../../core/cache/keys';
import type { Effect, EffectAction } from '../../core/cache/plan';
import { formatBytes } from '../format';
import { cacheUri } from './documents/cacheUri';
import { pickMany } from './pickers';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

const icons: Readonly<Record<EffectAction, string>> = {
  create: 'diff-added',
  update: 'diff-modified',
  unchanged: 'check',
  conflict: 'warning',
  delete: 'diff-removed',
  'change-entry': 'edit',
  'rebuild-index': 'tools',
};

const words: Readonly<Record<EffectAction, string>> = {
  create: 'create',
  update: 'update',
  unchanged: 'unchanged',
  conflict: 'conflict',
  delete: 'delete',
  'change-entry': 'change entry',
  'rebuild-index': 'rebuild index',
};

/** Shows what a plan changes in the values as one diff of many files; nothing when no value changes. */
export async function showPlanDiff(tools: SandboxTools, sandbox: Sandbox, plan: CachePlan): Promise<void> {
  const planId = tools.plans.add(plan);
  const changes = plan.effects.flatMap((effect): [Uri, Uri | undefined, Uri | undefined][] => {
    const { action, scope, key, before, after } = effect;
    if (action === 'unchanged' || (before === undefined && after === undefined)) {
      return [];
    }
    const side = (name: 'before' | 'after'): Uri =>
      cacheUri(sandbox.id, scope, documentKey(key), { plan: { id: planId, side: name } });
    return [
      [
        cacheUri(sandbox.id, scope, documentKey(key)),
        before === undefined ? undefined : side('before'),
        after === undefined ? undefined : side('after'),
      ],
    ];
  });
  if (changes.length > 0) {
    await commands.executeCommand('vscode.changes', plan.title, changes);
  }
}

/** The whole index is shown under its file's name. */
function documentKey(key: string): string {
  return key === '' ? indexName : key;
}

/**
 * Lists the effects of a plan, those that it has selected ticked. Returns the ids that a person leaves ticked;
 * undefined when they give up.
 */
export async function pickEffects(
  tools: SandboxTools,
  plan: CachePlan,
  placeHolder: string,
): Promise<ReadonlySet<string> | undefined> {
  const effects = plan.effects.filter(({ action }) => action !== 'unchanged');
  const picked = await pickMany(tools, effects, effectItem, {
    title: plan.title,
    placeHolder: [...plan.warnings, placeHolder].join(' '),
    ignoreFocusOut: true,
  });
  return picked === undefined ? undefined : new Set(picked.map(({ id }) => id));
}

function effectItem(effect: Effect): {
  label: string;
  description: string;
  detail: string;
  picked: boolean;
  iconPath: ThemeIcon;
} {
  const { action, scope, key, reason, selected, bytesBefore, bytesAfter } = effect;
  const sizes = [bytesBefore, bytesAfter].map((bytes) => (bytes === undefined ? 'nothing' : formatBytes(bytes)));
  const hasSizes = bytesBefore !== undefined || bytesAfter !== undefined;
  return {
    label: documentKey(key),
    description: `${words[action]}: ${reason}`,
    detail: hasSizes ? `${scope}, ${sizes.join(' → ')}` : scope,
    picked: selected,
    iconPath: new ThemeIcon(icons[action]),
  };
}

/** The effects as lines of a question: the first ones in full, the rest as a number. */
export function effectLines(plan: CachePlan, shown = 12): string {
  const effects = plan.effects.filter(({ action, selected }) => action !== 'unchanged' && selected);
  const lines = effects.slice(0, shown).map(({ scope, key, reason }) => `${scope}/${key} — ${reason}`);
  const more = effects.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : []), ...plan.warnings].join('\n');
}
