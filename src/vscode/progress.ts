import { ProgressLocation, window } from 'vscode';
import type { ProgressOptions } from 'vscode';
import type { WorkOptions } from '../core/ports';

/** Where the progress of work is shown: a notification that can be cancelled, or the bar of a view. */
export type ProgressPlace = { readonly title: string } | { readonly viewId: string };

/**
 * Runs work with progress and, in a notification, a Cancel button that aborts the signal it is given.
 * @param signal aborts the work too
 */
export async function withProgress<Result>(
  place: ProgressPlace,
  work: (options: Required<WorkOptions> & { readonly signal: AbortSignal }) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const options: ProgressOptions =
    'title' in place
      ? { location: ProgressLocation.Notification, title: place.title, cancellable: true }
      : { location: { viewId: place.viewId } };
  return window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    const cancelled = token.onCancellationRequested(() => {
      abort.abort();
    });
    let reported = 0;
    try {
      return await work({
        signal: signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]),
        progress: {
          report: ({ done, total, message }) => {
            const percent = total === 0 ? 100 : (100 * done) / total;
            progress.report({
              increment: Math.max(0, percent - reported),
              message: message ?? `${done} of ${total}`,
            });
            reported = Math.max(reported, percent);
          },
        },
      });
    } finally {
      cancelled.dispose();
    }
  });
}
