import { applyRemoval } from '../../../core/layers/applyRemoval';
import type { RemovalReport } from '../../../core/layers/applyRemoval';
import { layouts, vacuumDays } from '../../../core/layers/layouts';
import { planClear, planVacuum } from '../../../core/layers/removal';
import type { RemovalPlan } from '../../../core/layers/removal';
import { formatBytes, plural } from '../../format';
import { withProgress } from '../../progress';
import { askPlan, tellOutcome } from '../changing';
import { removalDocument, removalSummary } from '../documents';
import { entriesBelow, freshLayer, nameOfLayer, targetLayer, targetNodes } from '../localTools';
import type { LayerTarget, LocalCommand, LocalTools } from '../localTools';

const dayMs = 86_400_000;
const bytesPerMiB = 1024 * 1024;
/** Named in the question; the rest is counted. */
const mostNamed = 8;

/** Removes entries of a layer: all, or those of the rows. Asks first, always. */
export const clearLayer: LocalCommand = {
  id: 'contextCache.clearLayer',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Clearing a layer');
    const chosen = await targetLayer(tools, clicked, selected, 'Clear Layer');
    if (chosen === undefined) {
      return undefined;
    }
    const nodes = targetNodes(tools, clicked, selected).filter(
      (node) => node.place === chosen.place && 'layer' in node && node.layer === chosen.listing.layer.kind,
    );
    const isWhole = nodes.length === 0 || nodes.some(({ kind }) => kind === 'layer');
    const named = new Set(entriesBelow(tools, nodes).map(({ name }) => name));
    const target = await freshLayer(tools, chosen);
    const entries = target.listing.entries.filter(({ name }) => isWhole || named.has(name));
    const plan = planClear(target.listing, entries);
    if (plan.removals.length === 0) {
      void tools.services.prompts.tell('information', `There is nothing to clear in ${nameOfLayer(target)}.`);
      return undefined;
    }
    const yes = await tools.services.prompts.confirm({
      message: `Clear ${countText(plan)} of ${target.place.label}?`,
      detail: [removalSummary(plan), namesText(plan), wayBack(tools, plan)].join('\n\n'),
      yes: 'Clear',
    });
    return yes ? remove(tools, target, plan, 'Clear') : undefined;
  },
};

/** Removes what was not used for long, and what is too much; shows the plan first. */
export const vacuumLayer: LocalCommand = {
  id: 'contextCache.vacuumLayer',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Vacuuming a layer');
    const chosen = await targetLayer(tools, clicked, selected, 'Vacuum');
    const limits = chosen === undefined ? undefined : await askLimits(tools, chosen);
    if (chosen === undefined || limits === undefined) {
      return undefined;
    }
    const target = await freshLayer(tools, chosen);
    const plan = planVacuum(target.listing, { nowMs: tools.services.clock.now(), ...limits });
    if (plan.removals.length === 0) {
      void tools.services.prompts.tell('information', `${nameOfLayer(target)}: everything is within the limits.`);
      return undefined;
    }
    const yes = await askPlan(tools, {
      title: `Vacuum ${nameOfLayer(target)}`,
      yes: `Remove ${countText(plan)}`,
      summary: removalSummary(plan),
      document: removalDocument('Vacuum', target, plan),
      warning: tools.history.canKeep(plan.removedBytes) ? undefined : wayBack(tools, plan),
    });
    return yes ? remove(tools, target, plan, 'Vacuum') : undefined;
  },
};

async function askLimits(
  { services: { prompts } }: LocalTools,
  target: LayerTarget,
): Promise<{ readonly unusedMs?: number; readonly maxBytes?: number } | undefined> {
  const title = `Vacuum ${nameOfLayer(target)}`;
  const { vacuumBytes } = layouts[target.listing.layer.kind];
  const usual = {
    label: 'By the Usual Limits',
    detail: `What was not used for ${vacuumDays} days, then what is more than ${formatBytes(vacuumBytes)}`,
  };
  const byAge = { label: 'By Age…', detail: 'What was not used for some days' };
  const bySize = { label: 'By Size…', detail: 'The least recently used, until no more than a size is left' };
  const picked = await prompts.pick([usual, byAge, bySize], { title, placeHolder: 'What is to go?' });
  const askNumber = async (prompt: string, value: string): Promise<number | undefined> => {
    const text = await prompts.input({
      title,
      prompt,
      value,
      validateInput: (typed) =>
        /^\d+(?:\.\d+)?$/.test(typed.trim()) && Number(typed) > 0 ? undefined : 'Give a number above 0.',
    });
    return text === undefined ? undefined : Number(text);
  };
  switch (picked) {
    case usual:
      return { unusedMs: vacuumDays * dayMs, maxBytes: vacuumBytes };
    case byAge: {
      const days = await askNumber('Days without use after which an entry goes', String(vacuumDays));
      return days === undefined ? undefined : { unusedMs: days * dayMs };
    }
    case bySize: {
      const mebibytes = await askNumber('MiB that may stay', String(vacuumBytes / bytesPerMiB));
      return mebibytes === undefined ? undefined : { maxBytes: mebibytes * bytesPerMiB };
    }
    default:
      return undefined;
  }
}

async function remove(
  tools: LocalTools,
  target: LayerTarget,
  plan: RemovalPlan,
  title: string,
): Promise<RemovalReport> {
  const report = await withProgress({ title: `${title}: ${nameOfLayer(target)}` }, async (options) =>
    applyRemoval(target.place.tree, plan, `${title} ${nameOfLayer(target)}`, { ...options, history: tools.history }),
  );
  const [one, many] = layouts[target.listing.layer.kind].noun;
  const stayed =
    report.changed.length === 0 ? '' : ` ${plural(report.changed.length, one, many)} were used meanwhile and stay.`;
  await tellOutcome(tools, {
    place: target.place,
    message: `Removed ${plural(report.removed.length, one, many)}, ${formatBytes(report.removedBytes)}, of ${target.place.label}.${stayed}`,
    failed: report.failed.map(({ entry, error }) => ({ name: entry.name, error })),
    interrupted: report.interrupted,
    undoId: report.undoId,
  });
  return report;
}

function countText({ listing, removals, removedBytes }: RemovalPlan): string {
  const [one, many] = layouts[listing.layer.kind].noun;
  return `${plural(removals.length, one, many)}, ${formatBytes(removedBytes)}`;
}

function namesText({ removals }: RemovalPlan): string {
  const names = removals.slice(0, mostNamed).map(({ entry }) => entry.name);
  const more = removals.length - names.length;
  return [...names, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function wayBack({ history }: LocalTools, { removedBytes }: RemovalPlan): string {
  return history.canKeep(removedBytes)
    ? 'It can be undone.'
    : `It can't be undone: at most ${formatBytes(history.mostBytes)} are kept for that.`;
}
