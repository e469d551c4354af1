import { SourceError, UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { jaxFunction } from './layouts';
import { pathIn } from './model';
import type { Layer, LayerEntry } from './model';

/** Traces of very large graphs are described by their size alone. */
const mostTraceBytes = 64 * 1024 * 1024;
/** What is shown of a file whose meaning is not known. */
const previewBytes = 4096;

/** A recorded trace in numbers. */
export interface TraceSummary {
  readonly vertices: number;
  readonly parameters: number;
  readonly stateLength: number;
  readonly operations: number;
  /** How many operations there are of each type, most first; the types are numbers in the file. */
  readonly operationTypes: readonly { readonly type: number; readonly count: number }[];
  /** Every other field of the trace, with what it holds. */
  readonly otherFields: readonly { readonly name: string; readonly holds: string }[];
}

/** What can be said of an entry without running anything that is in it. */
export type Inspection =
  | { readonly kind: 'trace'; readonly summary: TraceSummary; readonly text: string }
  | { readonly kind: 'brokenTrace'; readonly problem: string }
  | { readonly kind: 'compilation'; readonly function: string; readonly hash: string; readonly format: string }
  | { readonly kind: 'gradient' }
  | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'bytes'; readonly firstBytes: Uint8Array }
  | { readonly kind: 'tooLarge'; readonly mostBytes: number };

/** The entry of a name, as given or by the start of its name; a `UserError` when none or several are meant. */
export function findEntry(entries: readonly LayerEntry[], name: string): LayerEntry {
  const exact = entries.find((entry) => entry.name === name);
  const found = exact === undefined && name !== '' ? entries.filter((entry) => entry.name.startsWith(name)) : [];
  const [only] = found;
  if (exact !== undefined || (only !== undefined && found.length === 1)) {
    return (exact ?? only)!;
  }
  throw found.length === 0
    ? new UserError(`There is no entry ${JSON.stringify(name)}.`, 'List the layer to see its entries.')
    : new UserError(`${JSON.stringify(name)} is the start of ${found.length} names.`, 'Give more of the name.');
}

/** Looks into one entry. Pickles are never read; other files only as far as they are shown. */
export async function inspectEntry(
  tree: FileTree,
  layer: Layer,
  entry: LayerEntry,
  options: WorkOptions = {},
): Promise<Inspection> {
  switch (layer.kind) {
    case 'gradients':
      return { kind: 'gradient' };
    case 'traces': {
      const bytes = await readUpTo(tree, layer, entry, mostTraceBytes, options);
      return bytes === undefined ? { kind: 'tooLarge', mostBytes: mostTraceBytes } : inspectTrace(bytes);
    }
    case 'jax': {
      const { name = entry.name, hash = '' } = jaxFunction(entry.name) ?? {};
      const bytes = await readUpTo(tree, layer, entry, mostTraceBytes, options);
      return { kind: 'compilation', function: name, hash, format: formatOf(bytes) };
    }
    case 'plain': {
      const bytes = await readUpTo(tree, layer, entry, mostTraceBytes, options);
      return bytes === undefined ? { kind: 'tooLarge', mostBytes: mostTraceBytes } : preview(bytes);
    }
  }
}

/** Reads a trace; says what is wrong with one that is cut off or is something else. */
export function inspectTrace(bytes: Uint8Array): Inspection {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return { kind: 'brokenTrace', problem: 'It is no JSON: probably it was cut off while it was written.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'brokenTrace', problem: 'It is JSON, but no trace.' };
  }
  const {
    n_vertices: vertices,
    param_length: parameters,
    state_length: stateLength,
    operations,
    ...rest
  } = value as Readonly<Record<string, unknown>>;
  if (
    typeof vertices !== 'number' ||
    typeof parameters !== 'number' ||
    typeof stateLength !== 'number' ||
    !Array.isArray(operations)
  ) {
    return {
      kind: 'brokenTrace',
      problem: 'It has not all of n_vertices, param_length, state_length and operations.',
    };
  }
  const counts = new Map<number, number>();
  for (const operation of operations as readonly unknown[]) {
    const type = (operation as { op_type?: unknown } | null)?.op_type;
    if (typeof type !== 'number') {
      return { kind: 'brokenTrace', problem: 'One of its operations has no type.' };
    }
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return {
    kind: 'trace',
    text,
    summary: {
      vertices,
      parameters,
      stateLength,
      operations: operations.length,
      operationTypes: [...counts]
        .map(([type, count]) => ({ type, count }))
        .sort((a, b) => b.count - a.count || a.type - b.type),
      otherFields: Object.entries(rest).map(([name, held]) => ({ name, holds: describeValue(held) })),
    },
  };
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) {
    return `${value.length} ${value.length === 1 ? 'item' : 'items'}`;
  }
  if (typeof value === 'object' && value !== null) {
    return `${Object.keys(value).length} fields`;
  }
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** JAX compresses executables with zstandard, or with zlib where that is missing. */
function formatOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) {
    return 'not read, since it is large';
  }
  const [first, second, third, fourth] = bytes;
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) {
    return 'compressed with zstandard';
  }
  return first === 0x78 ? 'compressed with zlib' : 'unknown';
}

function preview(bytes: Uint8Array): Inspection {
  const start = bytes.subarray(0, previewBytes);
  try {
    // A character may lie across the cut; streaming waits for its rest.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: bytes.length > start.length });
    if (!text.includes('\0')) {
      return { kind: 'text', text, cut: bytes.length > start.length };
    }
  } catch {
    // Not text: shown as bytes.
  }
  return { kind: 'bytes', firstBytes: start.subarray(0, 256) };
}

async function readUpTo(
  tree: FileTree,
  layer: Layer,
  entry: LayerEntry,
  maxBytes: number,
  options: WorkOptions,
): Promise<Uint8Array | undefined> {
  if (entry.sizeBytes > maxBytes) {
    return undefined;
  }
  try {
    return await tree.read(pathIn(layer, entry.name), { signal: options.signal, maxBytes });
  } catch (error) {
    if (error instanceof SourceError && error.code === 'too-large') {
      return undefined; // It has grown since it was listed.
    }
    throw error;
  }
}
