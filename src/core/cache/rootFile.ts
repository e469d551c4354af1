import { isSourceError } from '../errors';
import type { WorkOptions } from '../ports';
import type { RootFileChange } from './changes';
import { sha256Hex } from './fingerprint';
import type { OperationRecorder } from './history';
import type { WriteTarget } from './scopeAttempt';
import { present } from './scopeState';

const mostAttempts = 8;
const waitMs = 20;

/** Writes a file at the root of the cache, such as the seed flag; again when another writer changed it in between. */
export async function writeRootFile(
  target: WriteTarget,
  recorder: OperationRecorder,
  change: RootFileChange,
  done: ReadonlySet<string>,
  options: WorkOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await attemptOnce(target, recorder, change, done);
      return;
    } catch (error) {
      if (!isSourceError(error, 'conflict') || attempt === mostAttempts) {
        throw error;
      }
      await target.delay(waitMs * attempt * (0.5 + target.random() / 2), options.signal);
    }
  }
}

async function attemptOnce(
  target: WriteTarget,
  recorder: OperationRecorder,
  { path, bytes }: RootFileChange,
  done: ReadonlySet<string>,
): Promise<void> {
  const { tree, history } = target;
  const scan = await tree.scan({ files: [path] });
  const before = present(scan.files.get(path));
  const after = bytes(before, { nowMs: target.clock.now(), done });
  if (before === undefined ? after === undefined : after !== undefined && Buffer.compare(before, after) === 0) {
    return;
  }
  const keep = async (content: Uint8Array | undefined): Promise<string | undefined> =>
    content === undefined ? undefined : history.keep(content, { durable: true });
  await recorder.addStep({
    scope: undefined,
    keys: [],
    files: [{ path, before: await keep(before), after: await keep(after) }],
  });
  await tree.commit({
    expect: [{ path, sha256: before === undefined ? undefined : sha256Hex(before) }],
    ...(after === undefined ? { removes: [path] } : { writes: [{ path, bytes: after }] }),
  });
}
