import { SourceError, throwIfCancelled } from '../errors';
import type { WorkOptions } from '../ports';
import type { IndexReplacement } from './changes';
import { fingerprintOfSha256, sha256Hex } from './fingerprint';
import type { FileChange, OperationRecorder, SeenContent, Sighting } from './history';
import { parseIndex } from './indexFile';
import { printPython } from './pythonJsonPrint';
import type { WriteTarget } from './scopeAttempt';
import { indexPath, present, valuePath } from './scopeState';

interface ReplacedValue {
  readonly key: string;
  readonly path: string;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/**
 * Replaces a whole index and the values that go with it. Nothing is changed, and a `conflict` is thrown, unless index
 * and values are what the plan saw. Returns what the histories of the keys gain.
 */
export async function replaceIndex(
  target: WriteTarget,
  recorder: OperationRecorder,
  replacement: IndexReplacement,
  options: WorkOptions,
): Promise<readonly Sighting[]> {
  const { tree, history } = target;
  const { scope } = replacement;
  const path = indexPath(scope);
  const scan = await tree.scan({ files: [path] }, { signal: options.signal });
  const indexBefore = present(scan.files.get(path));
  if (hashOf(indexBefore) !== replacement.expectedSha256) {
    throw changedMeanwhile(path);
  }
  const values: ReplacedValue[] = [];
  for (const value of replacement.values) {
    throwIfCancelled(options.signal);
    const file = valuePath(scope, value.key);
    const found = await tree.scan({ files: [file] }, { signal: options.signal });
    const before = present(found.files.get(file));
    if (hashOf(before) !== value.expectedSha256) {
      throw changedMeanwhile(file);
    }
    values.push({
      key: value.key,
      path: file,
      before,
      after: value.bytes === 'remove' ? undefined : await value.bytes(),
    });
  }
  const keep = async (bytes: Uint8Array | undefined): Promise<string | undefined> =>
    bytes === undefined ? undefined : history.keep(bytes, { durable: true });
  const files: FileChange[] = [
    { path, before: await keep(indexBefore), after: await keep(replacement.index) },
    ...(await Promise.all(
      values.map(async (value) => ({
        path: value.path,
        before: await keep(value.before),
        after: await keep(value.after),
      })),
    )),
  ];
  throwIfCancelled(options.signal);
  await recorder.addStep({ scope, keys: values.map((value) => value.key), files });
  const written = values.filter((value) => value.after !== undefined);
  const removed = values.filter((value) => value.after === undefined && value.before !== undefined);
  const expectValue = (value: ReplacedValue): { path: string; sha256: string | undefined } => ({
    path: value.path,
    sha256: hashOf(value.before),
  });
  await tree.commit({
    expect: [{ path, sha256: replacement.expectedSha256 }, ...written.map(expectValue)],
    writes: [
      ...written.map((value) => ({ path: value.path, bytes: value.after! })),
      ...(replacement.index === undefined ? [] : [{ path, bytes: replacement.index }]),
    ],
    ...(replacement.index === undefined ? { removes: [path] } : {}),
  });
  if (removed.length > 0) {
    await tree.commit({
      expect: [{ path, sha256: hashOf(replacement.index) }, ...removed.map(expectValue)],
      removes: removed.map((value) => value.path),
    });
  }
  await readBack(target, replacement, values);
  return sightingsOf(replacement, indexBefore, values, recorder.id);
}

async function readBack(
  target: WriteTarget,
  replacement: IndexReplacement,
  values: readonly ReplacedValue[],
): Promise<void> {
  const path = indexPath(replacement.scope);
  const scan = await target.tree.scan({ files: [path, ...values.map((value) => value.path)] });
  if (hashOf(present(scan.files.get(path))) !== hashOf(replacement.index)) {
    throw changedMeanwhile(path);
  }
  for (const value of values) {
    if (hashOf(present(scan.files.get(value.path))) !== hashOf(value.after)) {
      throw changedMeanwhile(value.path);
    }
  }
}

function sightingsOf(
  replacement: IndexReplacement,
  indexBefore: Uint8Array | undefined,
  values: readonly ReplacedValue[],
  operationId: string,
): Sighting[] {
  const { scope, author } = replacement;
  const before = entryTexts(indexBefore);
  const after = entryTexts(replacement.index);
  return values.flatMap((value) => {
    const sightings: Sighting[] = [];
    if (value.before !== undefined) {
      const content = contentOf(value.before, before.get(value.key));
      sightings.push({ scope, key: value.key, author: 'sandbox', content });
    }
    sightings.push({
      scope,
      key: value.key,
      author,
      operationId,
      ...(value.after === undefined ? {} : { content: contentOf(value.after, after.get(value.key)) }),
    });
    return sightings;
  });
}

function contentOf(bytes: Uint8Array, entry: string | undefined): SeenContent {
  const sha256 = sha256Hex(bytes);
  return {
    fingerprint: fingerprintOfSha256(sha256),
    sizeBytes: bytes.byteLength,
    sha256,
    ...(entry === undefined ? {} : { entry }),
  };
}

function entryTexts(index: Uint8Array | undefined): ReadonlyMap<string, string> {
  const parsed = parseIndex(index);
  return new Map(parsed.kind === 'valid' ? [...parsed.root].map(([key, entry]) => [key, printPython(entry, {})]) : []);
}

function hashOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : sha256Hex(bytes);
}

function changedMeanwhile(path: string): SourceError {
  return new SourceError('conflict', `'${path}' was changed by another writer.`, {
    nextStep: 'Make the plan again and look at what changed.',
  });
}
