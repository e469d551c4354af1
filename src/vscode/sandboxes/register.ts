import type { Services } from '../services';

/** The Sandbox Caches view and every command about caches. */
export function registerSandboxes(_services: Services): void {
  // The view's parts register themselves here.
}
