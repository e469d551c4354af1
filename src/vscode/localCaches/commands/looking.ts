import { viewIds } from '../../../contributions';
import { compareLayers } from '../../../core/layers/compare';
import { inspectEntry } from '../../../core/layers/inspect';
import { UserError } from '../../../core/errors';
import { withProgress } from '../../progress';
import { comparisonDocument, inspectionDocument } from '../documents';
import { allLayers, freshLayer, pickLayer, targetLayer, targetNodes } from '../localTools';
import type { LocalCommand } from '../localTools';
import { entryLabel } from '../rows';

/** Says what an entry is, without running anything in it. */
export const inspectLayerEntry: LocalCommand = {
  id: 'contextCache.inspectLayerEntry',
  run: async (tools, clicked, selected) => {
    const target = await targetLayer(tools, clicked, selected, 'Inspect Cache Entry');
    if (target === undefined) {
      return undefined;
    }
    const node = targetNodes(tools, clicked, selected).find(({ kind }) => kind === 'entry');
    const { entries } = target.listing;
    const entry =
      node === undefined
        ? (
            await tools.services.prompts.pick(
              entries.slice(0, 1000).map((one) => ({ label: entryLabel(one.name), description: one.name, one })),
              { title: 'Inspect Cache Entry', placeHolder: 'Which entry?', matchOnDescription: true },
            )
          )?.one
        : tools.contents.entry(node);
    if (entry === undefined) {
      if (node !== undefined) {
        throw new UserError('The entry is not there any more.', 'Refresh the view.');
      }
      return undefined;
    }
    const seen = await inspectEntry(target.place.tree, target.listing.layer, entry);
    const document = inspectionDocument(target, entry, seen);
    await tools.services.reports.show('Cache Entry', document);
    return document;
  },
};

/** Reads local caches again: that of the clicked row, else all. */
export const refreshLocalCaches: LocalCommand = {
  id: 'contextCache.refreshLocalCaches',
  run: async (tools, clicked, selected) => {
    const nodes = targetNodes(tools, clicked, selected);
    await withProgress({ viewId: viewIds.sandboxes }, async () => {
      if (nodes.length === 0) {
        await tools.section.refresh();
      } else {
        const places = new Set(nodes.map(({ place }) => place));
        await Promise.all([...places].map(async (place) => tools.places.refresh(place)));
      }
    });
  },
};

/** Shows the next entries of a long list. */
export const showMoreLayerEntries: LocalCommand = {
  id: 'contextCache.showMoreLayerEntries',
  run: async (tools, clicked, selected) => {
    const node = targetNodes(tools, clicked, selected).find(({ kind }) => kind === 'more');
    const list = node === undefined ? undefined : tools.contents.showMore(node);
    if (list !== undefined) {
      tools.section.redraw(list);
    }
    return Promise.resolve();
  },
};

/** How a layer differs from the same one in another place. */
export const compareLayersCommand: LocalCommand = {
  id: 'contextCache.compareLayers',
  run: async (tools, clicked, selected) => {
    const title = 'Compare Layers';
    const here = await targetLayer(tools, clicked, selected, title);
    if (here === undefined) {
      return undefined;
    }
    const others = (await allLayers(tools, here.listing.layer.kind)).filter(({ place }) => place !== here.place);
    const there = await pickLayer(tools, others, title, 'With which?');
    if (there === undefined) {
      return undefined;
    }
    const [ours, theirs] = [await freshLayer(tools, here), await freshLayer(tools, there)];
    const seen = await withProgress({ title: 'Comparing layers' }, async (options) =>
      compareLayers(
        { tree: ours.place.tree, listing: ours.listing },
        { tree: theirs.place.tree, listing: theirs.listing },
        options,
      ),
    );
    const document = comparisonDocument(here, there, seen);
    await tools.services.reports.show('Layers', document);
    return document;
  },
};
