import type { Services } from '../services';

/** The Instructions view and everything about instruction files. */
export function registerInstructions(_services: Services): void {
  // The view's parts register themselves here.
}
