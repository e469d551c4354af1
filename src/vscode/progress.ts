import { ProgressLocation, window } from 'vscode';
import type { Progress as EditorProgress } from 'vscode';
import type { Progress } from '../core/ports';

/** Where the progress of work is shown: a notification that can be cancelled, or the bar of a view. */
export type ProgressPlace = { readonly title: string } | { readonly viewId: string };

/**
 * Work that is done by then shows nothing. A notification that flashes up helps nobody, and the editor hides messages
 * that follow others too closely: the one that says what was done would be lost.
 */
const delayMs = 500;

type Work<Result> = (options: { readonly signal: AbortSignal; readonly progress: Progress }) => Promise<Result>;

/**
 * Runs work with progress and, in a notification, a Cancel button that aborts the signal it is given.
 * @param signal aborts the work too
 */
export async function withProgress<Result>(
  place: ProgressPlace,
  work: Work<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const abort = new AbortController();
  const reports = createReports();
  const running = work({
    signal: signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]),
    progress: reports.progress,
  });
  if ('viewId' in place) {
    return window.withProgress({ location: { viewId: place.viewId } }, async () => running);
  }
  const timer = setTimeout(() => {
    const options = { location: ProgressLocation.Notification, title: place.title, cancellable: true };
    void window.withProgress(options, async (progress, token) => {
      const cancelled = token.onCancellationRequested(() => {
        abort.abort();
      });
      reports.showIn(progress);
      // Whoever called gets the error; the notification only ends.
      await running.catch(() => undefined);
      cancelled.dispose();
    });
  }, delayMs);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}

/** Reports of the core as those of the editor, which wants the difference to the one before. */
function createReports(): {
  readonly progress: Progress;
  showIn(progress: EditorProgress<{ increment?: number; message?: string }>): void;
} {
  let latest: Parameters<Progress['report']>[0] | undefined;
  let shown: EditorProgress<{ increment?: number; message?: string }> | undefined;
  let reported = 0;
  const show = (): void => {
    if (latest === undefined || shown === undefined) {
      return;
    }
    const { done, total, message } = latest;
    const percent = total === 0 ? 100 : (100 * done) / total;
    shown.report({ increment: Math.max(0, percent - reported), message: message ?? `${done} of ${total}` });
    reported = Math.max(reported, percent);
  };
  return {
    progress: {
      report: (step) => {
        latest = step;
        show();
      },
    },
    showIn: (progress) => {
      shown = progress;
      show();
    },
  };
}
