/** A call that waits until nothing has asked for it for a while. */
export interface Debounced {
  /** Asks for the call; a waiting one starts to wait anew. */
  readonly request: () => void;
  dispose(): void;
}

export function createDebounced(call: () => void, quietMs: number): Debounced {
  let timer: NodeJS.Timeout | undefined;
  return {
    request: () => {
      clearTimeout(timer);
      timer = setTimeout(call, quietMs);
    },
    dispose: () => {
      clearTimeout(timer);
    },
  };
}
