import type { SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { readArchive } from './archiveFile';
import { commitInParts, requireSourceError } from './inParts';
import type { LayerHistory, LayerOperation } from './layerHistory';
import { pathIn } from './model';

const batchBytes = 16 * 1024 * 1024;
const batchFiles = 500;

/** What taking an operation back did. */
export interface UndoReport {
  readonly restored: readonly string[];
  readonly removed: readonly string[];
  /** Files that were written anew since: they stay as they are. */
  readonly left: readonly { readonly name: string; readonly error: SourceError }[];
  readonly interrupted: SourceError | undefined;
}

interface Step {
  readonly name: string;
  /** Undefined to remove the file. */
  readonly bytes?: Uint8Array;
  readonly modifiedMs?: number;
  readonly expect: string | undefined;
}

/**
 * Takes an operation back: what it removed or replaced is written again, with its time, and what it wrote is removed,
 * each only where the file is still what the operation left. Forgotten when nothing is left to take back.
 */
export async function undoOperation(
  tree: FileTree,
  operation: LayerOperation,
  history: LayerHistory,
  options: WorkOptions = {},
): Promise<UndoReport> {
  const written = new Map(operation.written.map(({ name, sha256 }) => [name, sha256]));
  const restored: string[] = [];
  const removed: string[] = [];
  const left: { name: string; error: SourceError }[] = [];
  let interrupted: SourceError | undefined;
  let batch: Step[] = [];
  let held = 0;
  const flush = async (): Promise<void> => {
    const steps = batch;
    batch = [];
    held = 0;
    const place = (name: string): string => pathIn(operation.layer, name);
    const results = await commitInParts(
      tree,
      steps,
      (parts) => ({
        expect: parts.map(({ name, expect }) => ({ path: place(name), sha256: expect })),
        writes: parts.flatMap(({ name, bytes, modifiedMs }) =>
          bytes === undefined
            ? []
            : [{ path: place(name), bytes, ...(modifiedMs === undefined ? {} : { modifiedMs }) }],
        ),
        removes: parts.filter(({ bytes }) => bytes === undefined).map(({ name }) => place(name)),
      }),
      options.signal,
    );
    for (const { item, error } of results) {
      if (error !== undefined) {
        left.push({ name: item.name, error });
      } else {
        (item.bytes === undefined ? removed : restored).push(item.name);
      }
    }
    options.progress?.report({
      done: restored.length + removed.length,
      total: operation.removed.length + operation.written.length,
    });
  };
  const take = async (step: Step): Promise<void> => {
    batch.push(step);
    held += step.bytes?.byteLength ?? 0;
    if (held >= batchBytes || batch.length >= batchFiles) {
      await flush();
    }
  };
  try {
    const archived = new Set<string>();
    if (operation.removed.length > 0) {
      for await (const { path, bytes, modifiedMs } of readArchive(history.archiveOf(operation.id), options)) {
        const name = path.slice(path.indexOf('/') + 1);
        archived.add(name);
        await take({ name, bytes, modifiedMs, expect: written.get(name) });
      }
    }
    for (const [name, sha256] of written) {
      if (!archived.has(name)) {
        await take({ name, expect: sha256 });
      }
    }
    await flush();
  } catch (error) {
    interrupted = requireSourceError(error);
  }
  if (interrupted === undefined && left.length === 0) {
    await history.forget(operation.id);
  }
  return { restored, removed, left, interrupted };
}
