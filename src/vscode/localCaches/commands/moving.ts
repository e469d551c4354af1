import { Uri } from 'vscode';
import { applyTransfer, contentsOfArchive, contentsOfLayer } from '../../../core/layers/applyTransfer';
import type { ContentSource, TransferReport } from '../../../core/layers/applyTransfer';
import { writeArchive } from '../../../core/layers/archiveFile';
import { layouts } from '../../../core/layers/layouts';
import type { LayerKind } from '../../../core/layers/model';
import { lostEntries, planImport, planSync, requireTransferable } from '../../../core/layers/transferPlan';
import type { TransferPlan } from '../../../core/layers/transferPlan';
import { formatBytes, plural } from '../../format';
import { withProgress } from '../../progress';
import { askPlan, tellOutcome } from '../changing';
import { transferDocument, transferSummary } from '../documents';
import { allLayers, freshLayer, nameOfLayer, pickLayer, targetLayer } from '../localTools';
import type { LayerTarget, LocalCommand, LocalTools } from '../localTools';

const isTransferable = (kind: LayerKind): boolean => layouts[kind].transferable;

/** Writes a layer to one archive. */
export const exportLayer: LocalCommand = {
  id: 'contextCache.exportLayer',
  run: async (tools, clicked, selected) => {
    const target = await targetLayer(tools, clicked, selected, 'Export Layer', isTransferable);
    if (target === undefined) {
      return undefined;
    }
    requireTransferable(target.listing);
    const file = await tools.services.prompts.saveDialog({
      title: 'Export Layer',
      saveLabel: 'Export',
      filters: { Archives: ['tar.gz', 'tgz'] },
    });
    if (file === undefined) {
      return undefined;
    }
    // The dialog has asked already whether a file that is there is to be replaced.
    const summary = await withProgress({ title: `Exporting ${nameOfLayer(target)}` }, async (options) =>
      writeArchive(file.fsPath, [{ tree: target.place.tree, listing: target.listing }], {
        ...options,
        overwrite: true,
      }),
    );
    const left = summary.leftOut.length === 0 ? '' : ` ${plural(summary.leftOut.length, 'file')} could not be read.`;
    void tools.services.prompts.tell(
      left === '' ? 'information' : 'warning',
      `Exported ${plural(summary.files, 'file')}, ${formatBytes(summary.bytes)}, to ${file.fsPath}.${left}`,
    );
    return summary;
  },
};

/** Writes the files of an archive into a layer; everything is checked first. */
export const importLayer: LocalCommand = {
  id: 'contextCache.importLayer',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Importing an archive');
    const chosen = await targetLayer(tools, clicked, selected, 'Import into Layer', isTransferable);
    if (chosen === undefined) {
      return undefined;
    }
    requireTransferable(chosen.listing);
    const [file] =
      (await tools.services.prompts.openDialog({
        title: 'Import into Layer',
        openLabel: 'Import',
        filters: { Archives: ['gz', 'tgz'] },
      })) ?? [];
    if (!(file instanceof Uri)) {
      return undefined;
    }
    const target = await freshLayer(tools, chosen);
    const { layer } = target.listing;
    const { plans, strangers } = await withProgress({ title: 'Reading the archive' }, async (options) =>
      planImport(file.fsPath, [{ tree: target.place.tree, listing: target.listing }], options),
    );
    const plan = plans[0]!.plan;
    const left = strangers.length === 0 ? '' : ` ${plural(strangers.length, 'file')} of the archive belong elsewhere.`;
    return transfer(tools, target, plan, contentsOfArchive(file.fsPath, [layer], layer), 'Import', left);
  },
};

/** Makes a layer hold what the same layer of another place does. */
export const syncLayer: LocalCommand = {
  id: 'contextCache.syncLayer',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Syncing layers');
    const title = 'Sync Layer';
    const chosen = await targetLayer(tools, clicked, selected, title, isTransferable);
    if (chosen === undefined) {
      return undefined;
    }
    requireTransferable(chosen.listing);
    const others = (await allLayers(tools, chosen.listing.layer.kind)).filter(({ place }) => place !== chosen.place);
    const from = await pickLayer(tools, others, title, `From where is ${nameOfLayer(chosen)} filled?`);
    const way = from === undefined ? undefined : await askWay(tools);
    if (from === undefined || way === undefined) {
      return undefined;
    }
    const [source, target] = [await freshLayer(tools, from), await freshLayer(tools, chosen)];
    const plan = await withProgress({ title: 'Comparing layers' }, async (options) =>
      planSync(
        { tree: source.place.tree, listing: source.listing },
        { tree: target.place.tree, listing: target.listing },
        { ...options, ...way },
      ),
    );
    return transfer(tools, target, plan, contentsOfLayer(source.place.tree, source.listing.layer), 'Sync', '');
  },
};

async function askWay({
  services,
}: LocalTools): Promise<{ readonly overwrite: boolean; readonly removeOthers: boolean } | undefined> {
  const items = [
    { label: 'Add What Is Missing', detail: 'What differs here stays', overwrite: false, removeOthers: false },
    { label: 'Add and Replace', detail: 'What differs here is replaced', overwrite: true, removeOthers: false },
    { label: 'Make the Same', detail: 'What is only here is removed too', overwrite: true, removeOthers: true },
  ];
  return services.prompts.pick(items, { title: 'Sync Layer', placeHolder: 'How far?' });
}

async function transfer(
  tools: LocalTools,
  target: LayerTarget,
  plan: TransferPlan,
  source: ContentSource,
  title: string,
  note: string,
): Promise<TransferReport | undefined> {
  if (plan.writes.length + plan.removes.length === 0) {
    void tools.services.prompts.tell(
      'information',
      `${nameOfLayer(target)}: there is nothing to write. ${transferSummary(plan)}${note}`,
    );
    return undefined;
  }
  const lostBytes = lostEntries(plan).reduce((sum, { bytes }) => sum + bytes, 0);
  const yes = await askPlan(tools, {
    title: `${title}: ${nameOfLayer(target)}`,
    yes: `Write ${plural(plan.writes.length, 'file')}${plan.removes.length > 0 ? `, Remove ${plan.removes.length}` : ''}`,
    summary: `${transferSummary(plan)}${note}`,
    document: transferDocument(title, target, plan),
    warning: tools.history.canKeep(lostBytes)
      ? undefined
      : `It can't be undone: ${formatBytes(lostBytes)} are replaced or removed, and at most ${formatBytes(tools.history.mostBytes)} are kept for that.`,
  });
  if (!yes) {
    return undefined;
  }
  const name = `${title} ${nameOfLayer(target)}`;
  const report = await withProgress({ title: name }, async (options) =>
    applyTransfer(target.place.tree, plan, source, name, { ...options, history: tools.history }),
  );
  await tellOutcome(tools, {
    place: target.place,
    message: `Wrote ${plural(report.written.length, 'file')}, ${formatBytes(report.writtenBytes)}, and removed ${report.removed.length} in ${target.place.label}.`,
    failed: report.failed,
    interrupted: report.interrupted,
    undoId: report.undoId,
  });
  return report;
}
