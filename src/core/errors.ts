/**
 * Errors that a user reads. `message` says what is wrong and names the thing; `nextStep` is one sentence that helps.
 * Code branches on the class or on `code`, never on the text.
 */
export class UserError extends Error {
  readonly nextStep: string;

  constructor(message: string, nextStep: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.nextStep = nextStep;
  }
}

/** Why an operation on a source failed; the same set for every kind of source. */
export type SourceErrorCode =
  | 'not-found'
  | 'auth'
  | 'forbidden'
  | 'conflict'
  | 'asleep'
  | 'rate-limited'
  | 'quota'
  | 'too-large'
  | 'unavailable'
  | 'timeout'
  | 'cancelled'
  | 'unsupported'
  | 'protocol';

const retryableCodes: ReadonlySet<SourceErrorCode> = new Set(['conflict', 'rate-limited', 'unavailable', 'timeout']);

/** A failed operation on a cache's place: a folder, a host, an API. */
export class SourceError extends UserError {
  readonly code: SourceErrorCode;
  /** Milliseconds after which the far end asked to be tried again. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: SourceErrorCode,
    message: string,
    options: { nextStep: string; cause?: unknown; retryAfterMs?: number },
  ) {
    super(message, options.nextStep, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retryable(): boolean {
    return retryableCodes.has(this.code);
  }
}

export function isSourceError(error: unknown, ...codes: readonly SourceErrorCode[]): error is SourceError {
  return error instanceof SourceError && (codes.length === 0 || codes.includes(error.code));
}

/** Throws a `cancelled` SourceError when the signal has been aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw new SourceError('cancelled', 'The operation was cancelled.', { nextStep: 'Run it again to finish it.' });
  }
}

/** The text of any thrown value, with the next step where the error has one. */
export function describeError(error: unknown): string {
  if (error instanceof UserError) {
    return error.nextStep === '' ? error.message : `${error.message} ${error.nextStep}`;
  }
  return error instanceof Error ? error.message : String(error);
}
