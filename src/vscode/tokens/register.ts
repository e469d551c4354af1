import type { Services } from '../services';

/** Status bar, lenses and commands about tokens. */
export function registerTokens(_services: Services): void {
  // The parts register themselves here.
}
