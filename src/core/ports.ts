import type { TurnOptions } from './turns';

/** What the core needs from the world around it. */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error?: unknown): void;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Steps done out of `total`; reported at most a few times a second by long work. */
export interface Progress {
  report(step: { readonly done: number; readonly total: number; readonly message?: string }): void;
}

/** Work that can be stopped and watched. */
export interface WorkOptions extends TurnOptions {
  readonly progress?: Progress | undefined;
}
