import type { EncodingName } from '../core/tokens/counter';

/** What the token worker is started with. */
export interface WorkerSettings {
  readonly tablesFolder: string | undefined;
  readonly dataFolder: string | undefined;
}

/** What the host asks; answers come in the order of the requests. */
export type WorkerRequest =
  | { readonly kind: 'count'; readonly id: number; readonly encoding: EncodingName; readonly texts: readonly string[] }
  | { readonly kind: 'tables'; readonly id: number; readonly encoding: EncodingName };

/** Tables in shared memory, which the host can count with at once. */
export interface SharedTables {
  readonly ranks: SharedArrayBuffer;
  readonly classes: Uint8Array;
}

export type WorkerAnswer =
  | { readonly kind: 'counted'; readonly id: number; readonly counts: readonly number[] }
  | { readonly kind: 'opened'; readonly id: number; readonly tables: SharedTables }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly nextStep: string };
