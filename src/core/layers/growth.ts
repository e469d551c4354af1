/** Below this share of the limit a cache counts as shrunk, so that one that hovers around the limit warns once. */
const shrunkShare = 0.9;

/** Says once that something has grown beyond a limit, and again only after it had shrunk in between. */
export class GrowthWatch {
  #warned = false;

  /** Whether to warn of a size now. Without a limit never. */
  observe(bytes: number, limitBytes: number | undefined): boolean {
    if (limitBytes === undefined || bytes < limitBytes * shrunkShare) {
      this.#warned = false;
      return false;
    }
    if (bytes <= limitBytes || this.#warned) {
      return false;
    }
    this.#warned = true;
    return true;
  }
}
