import { setTimeout as delay } from 'node:timers/promises';
import { errors } from 'playwright-core';

const limitMs = 30_000;

/** How long one try of an action may take, so that {@link eventually} gets to try it again. */
export const tryMs = 3000;

/**
 * Reads again and again until the value is acceptable, and returns it.
 * @param what named in the error, together with the value read last
 */
export async function eventually<T>(what: string, read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      const shown = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
      throw new Error(`Still not so after ${limitMs / 1000} s: ${what}. Last seen:\n${shown}`);
    }
    await delay(100);
  }
}

/** Whether something comes true while one try of an action lasts. */
export async function soon(isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + tryMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) {
      return false;
    }
    await delay(100);
  }
  return true;
}

/** Tries a step of the user until what it should lead to is so; the step must do no harm when it is done twice. */
export async function untilDone(what: string, step: () => Promise<boolean>): Promise<void> {
  await eventually(what, step, (done) => done);
}

/** False if an action of Playwright ran out of the time that it was given; other errors are thrown. */
export async function inTime(action: Promise<unknown>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError) {
      return false;
    }
    throw error;
  }
}
