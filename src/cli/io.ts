import type { Clock } from '../core/ports';

/** What a command of the command line may touch; the tests hand in their own. */
export interface CliContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** True with `--json`: one JSON document on standard output, messages on standard error. */
  readonly json: boolean;
  /** Writes text to standard output as it is. */
  out(text: string): void;
  /** Writes one message line to standard error. */
  message(text: string): void;
  /** Asks a yes-or-no question; false without a terminal. */
  confirm(question: string): Promise<boolean>;
  readStdin(): Promise<Uint8Array>;
  readonly signal: AbortSignal;
  /** Disposes something at the end of the command, however it ends. */
  own(owned: { dispose?(): void }): void;
}

/** Exit codes: 0 done, 1 a finding or a failed operation, 2 wrong use. */
export type ExitCode = 0 | 1 | 2;
