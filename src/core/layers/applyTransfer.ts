import { createHash } from 'node:crypto';
import { readInBatches } from '../cache/readValues';
import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { isSame } from './applyRemoval';
import { readArchive } from './archiveFile';
import { placeInLayers } from './archivePath';
import { commitInParts, requireSourceError } from './inParts';
import type { LayerHistory } from './layerHistory';
import { listLayer } from './listLayer';
import { filesOf, pathIn } from './model';
import type { Layer, LayerEntry } from './model';
import { lostEntries } from './transferPlan';
import type { FileWrite, TransferPlan } from './transferPlan';

const batchBytes = 16 * 1024 * 1024;
const batchFiles = 500;

/** A content for a file of a plan, or why there is none. */
export interface FoundContent {
  readonly file: FileWrite;
  readonly content: Uint8Array | SourceError;
}

/** Where the contents of a plan come from: called once, with all that is wanted. */
export type ContentSource = (
  wanted: readonly FileWrite[],
  use: (found: FoundContent) => Promise<void>,
  signal: AbortSignal | undefined,
) => Promise<void>;

/** What a transfer did. */
export interface TransferReport {
  readonly written: readonly { readonly name: string; readonly sha256: string }[];
  readonly writtenBytes: number;
  readonly removed: readonly LayerEntry[];
  /** Files that changed on one side since the plan was made, or could not be read or written: they stay as they are. */
  readonly failed: readonly { readonly name: string; readonly error: SourceError }[];
  /** Why it ended before its end; what is in no list was not touched. */
  readonly interrupted: SourceError | undefined;
  readonly undoId: string | undefined;
}

/** Contents from another place. */
export function contentsOfLayer(tree: FileTree, layer: Layer): ContentSource {
  return async (wanted, use, signal) => {
    const byPath = new Map(wanted.map((file) => [pathIn(layer, file.name), file]));
    let turn = Promise.resolve();
    await readInBatches(
      tree,
      wanted.map(({ name, sizeBytes }) => ({ path: pathIn(layer, name), sizeBytes })),
      async (path, content) => {
        const file = byPath.get(path)!;
        turn = turn.then(async () => use({ file, content: content ?? vanished(file.name) }));
        await turn;
      },
      { signal },
    );
  };
}

/** Contents from an archive. */
export function contentsOfArchive(path: string, layers: readonly Layer[], own: Layer): ContentSource {
  return async (wanted, use, signal) => {
    const missing = new Map(wanted.map((file) => [file.name, file]));
    const targets = layers.map((layer) => ({ layer }));
    for await (const { path: inside, bytes } of readArchive(path, { signal })) {
      const place = placeInLayers(targets, inside);
      const file = place?.target.layer === own ? missing.get(place.name) : undefined;
      if (file !== undefined) {
        missing.delete(file.name);
        await use({ file, content: bytes });
      }
    }
    for (const file of missing.values()) {
      await use({ file, content: vanished(file.name) });
    }
  };
}

/**
 * Does what a plan says and nothing else: each content is written only where the plan found what is there now, and
 * only if it is what was planned. Before anything is replaced or removed it is kept in the history, where it fits.
 */
export async function applyTransfer(
  tree: FileTree,
  plan: TransferPlan,
  source: ContentSource,
  title: string,
  options: WorkOptions & { readonly history?: LayerHistory | undefined } = {},
): Promise<TransferReport> {
  const { layer } = plan.listing;
  const { signal, history } = options;
  const removing = plan.removes.length === 0 ? [] : await unchanged(tree, layer, plan.removes, signal);
  const staying = new Set(plan.removes.filter((entry) => !removing.includes(entry)));
  const kept = lostEntries(plan).filter((entry) => !staying.has(entry));
  const undoId = await history?.keep({ tree, listing: plan.listing, title, removed: kept, written: [] }, { signal });
  const written: { name: string; sha256: string }[] = [];
  const removed: LayerEntry[] = [];
  const failed: { name: string; error: SourceError }[] = plan.removes
    .filter((entry) => !removing.includes(entry))
    .map(({ name }) => ({ name, error: changedSince(name) }));
  let writtenBytes = 0;
  let interrupted: SourceError | undefined;
  let batch: { file: FileWrite; bytes: Uint8Array }[] = [];
  let held = 0;

  const flush = async (): Promise<void> => {
    const items = batch;
    batch = [];
    held = 0;
    const results = await commitInParts(
      tree,
      items,
      (parts) => ({
        expect: parts.map(({ file }) => ({ path: pathIn(layer, file.name), sha256: file.replaces })),
        writes: parts.map(({ file, bytes }) => ({
          path: pathIn(layer, file.name),
          bytes,
          modifiedMs: file.modifiedMs,
        })),
      }),
      signal,
    );
    for (const { item, error } of results) {
      if (error === undefined) {
        written.push({ name: item.file.name, sha256: createHash('sha256').update(item.bytes).digest('hex') });
        writtenBytes += item.bytes.byteLength;
      } else {
        failed.push({ name: item.file.name, error });
      }
    }
    options.progress?.report({ done: written.length, total: plan.writes.length });
  };

  try {
    if (plan.writes.length > 0) {
      await source(
        plan.writes,
        async ({ file, content }) => {
          throwIfCancelled(signal);
          if (content instanceof SourceError) {
            failed.push({ name: file.name, error: content });
          } else if (content.byteLength !== file.sizeBytes) {
            failed.push({ name: file.name, error: changedSince(file.name) });
          } else {
            batch.push({ file, bytes: content });
            held += content.byteLength;
            if (held >= batchBytes || batch.length >= batchFiles) {
              await flush();
            }
          }
        },
        signal,
      );
      await flush();
    }
    const results = await commitInParts(
      tree,
      removing,
      (entries) => ({
        removes: entries.flatMap((entry) => [...filesOf(entry)].reverse().map(({ name }) => pathIn(layer, name))),
      }),
      signal,
    );
    for (const { item, error } of results) {
      if (error === undefined) {
        removed.push(item);
      } else {
        failed.push({ name: item.name, error });
      }
    }
  } catch (error) {
    interrupted = requireSourceError(error);
  }
  if (undoId !== undefined) {
    await history?.recordWritten(undoId, written);
  }
  return {
    written,
    writtenBytes,
    removed,
    failed,
    interrupted,
    undoId: written.length + removed.length > 0 ? undoId : undefined,
  };
}

async function unchanged(
  tree: FileTree,
  layer: Layer,
  entries: readonly LayerEntry[],
  signal: AbortSignal | undefined,
): Promise<readonly LayerEntry[]> {
  const now = new Map((await listLayer(tree, layer, { signal })).entries.map((entry) => [entry.name, entry]));
  return entries.filter((entry) => {
    const current = now.get(entry.name);
    return current !== undefined && isSame(entry, current);
  });
}

function vanished(name: string): SourceError {
  return new SourceError('not-found', `'${name}' is not there any more.`, { nextStep: 'Plan again and look.' });
}

function changedSince(name: string): SourceError {
  return new SourceError('conflict', `'${name}' has changed since the plan was made.`, {
    nextStep: 'Plan again and look.',
  });
}
