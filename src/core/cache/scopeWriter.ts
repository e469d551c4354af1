import { isSourceError, UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { OperationRecorder } from './history';
import type { ScopeName } from './model';
import { attemptOnce } from './scopeAttempt';
import type { ScopeWork, WriteTarget } from './scopeAttempt';
import { UnreadableIndexError } from './scopeState';
import { settle } from './settle';
import { giveBack, takeBack } from './takeBack';
import type { WorkItem } from './workItem';

const mostAttempts = 25;
const shortestWaitMs = 4;
/** Waits grow by so much per attempt: a writer that takes no lock will not make room, so that patience helps little. */
const waitStepMs = 8;
const longestWaitMs = 100;
/** How long after a meeting of writers it is looked again, on average. */
const settleMs = 30;
/** The original rewrites its index in place: a reader may meet half of one. */
const unreadableLooks = 5;

/**
 * Writes changes into one scope beside writers that take no lock. An attempt re-reads the index, edits only the
 * entries concerned, writes values, then the index (expecting that it has not changed), then removes values of removed
 * entries, and reads back. What another writer undid in between is done again; what it replaced is reported. Every
 * item has its result afterwards. Returns the failure that ended the work early, if one did.
 */
export async function writeScope(
  target: WriteTarget,
  recorder: OperationRecorder,
  scope: ScopeName,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<unknown> {
  const work: ScopeWork = { target, recorder, scope, options };
  let failure: unknown;
  try {
    const contended = await repeat(work, () => items.filter((item) => item.result === undefined), 0);
    if (contended) {
      await settleAgain(work, items);
    }
  } catch (error) {
    failure = error;
    await settleQuietly(target.tree, scope, items);
  }
  for (const item of items) {
    if (item.result !== undefined) {
      continue;
    }
    if (isSourceError(failure, 'cancelled')) {
      item.skip('Cancelled before it was done.');
    } else {
      item.fail(failure ?? 'Another writer keeps rewriting the index. Try again when it is idle.');
    }
  }
  await takeBack(target, scope, items);
  await giveBack(target, scope, items);
  return failure;
}

/** Attempts until nothing is open; returns whether another writer came in between. */
async function repeat(work: ScopeWork, open: () => readonly WorkItem[], firstAttempt: number): Promise<boolean> {
  let unreadable = 0;
  for (let attempt = firstAttempt; attempt < mostAttempts; attempt += 1) {
    const items = open();
    if (items.length === 0) {
      return attempt > 1;
    }
    if (attempt > 0) {
      const longest = Math.min(waitStepMs * attempt, longestWaitMs);
      await work.target.delay(shortestWaitMs + longest * work.target.random(), work.options.signal);
    }
    try {
      await attemptOnce(work, items);
    } catch (error) {
      // The values that were read may be those of before.
      items.forEach((item) => (item.prepared = false));
      unreadable += error instanceof UnreadableIndexError ? 1 : 0;
      if (!(
        isSourceError(error, 'conflict') ||
        (error instanceof UnreadableIndexError && unreadable < unreadableLooks)
      )) {
        throw error;
      }
    }
  }
  return true;
}

/** Where writers met, a later rewrite of the other may still drop what was read back: look until nothing is lost. */
async function settleAgain(work: ScopeWork, items: readonly WorkItem[]): Promise<void> {
  const { target, scope, options } = work;
  for (let look = 0; look < mostAttempts; look += 1) {
    await target.delay(settleMs * (0.5 + target.random()), options.signal);
    const done = items.filter((item) => item.result?.outcome === 'done');
    await settle(target.tree, scope, done, options);
    const lost = done.filter((item) => item.result === undefined);
    if (lost.length === 0) {
      return;
    }
    await repeat(work, () => lost.filter((item) => item.result === undefined), 1);
  }
}

/** After a failure: finds out what had been done before it, if the place can still be read. */
async function settleQuietly(tree: FileTree, scope: ScopeName, items: readonly WorkItem[]): Promise<void> {
  const started = items.filter((item) => item.result === undefined && item.started);
  try {
    await settle(tree, scope, started, {});
  } catch (error) {
    if (!isSourceError(error) && !(error instanceof UserError)) {
      throw error;
    }
  }
}
