import { window } from 'vscode';
import type { LogOutputChannel } from 'vscode';
import { describeError } from '../core/errors';
import type { Logger } from '../core/ports';

/** The extension's one output channel, as the core's logger. */
export interface Log extends Logger {
  /** Brings the channel into view without taking the focus. */
  show(): void;
  dispose(): void;
}

export function createLog(): Log {
  const channel = window.createOutputChannel('Context Cache', { log: true });
  return {
    debug: (message) => {
      channel.debug(message);
    },
    info: (message) => {
      channel.info(message);
    },
    warn: (message) => {
      channel.warn(message);
    },
    error: (message, error) => {
      logError(channel, message, error);
    },
    show: () => {
      channel.show(true);
    },
    dispose: () => {
      channel.dispose();
    },
  };
}

function logError(channel: LogOutputChannel, message: string, error: unknown): void {
  if (error === undefined) {
    channel.error(message);
    return;
  }
  channel.error(`${message}: ${describeError(error)}`);
  if (error instanceof Error && error.stack !== undefined) {
    channel.debug(error.stack);
  }
}
