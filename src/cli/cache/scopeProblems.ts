import type { ScopeName } from '../../core/cache/model';
import type { CliContext } from '../io';
import { printable } from '../text';

/** Says on standard error which scopes can't be read, where they are and what helps; true when there is one. */
export function reportScopeProblems(
  context: CliContext,
  place: string,
  scopes: readonly { readonly scope: ScopeName; readonly problem?: string | undefined }[],
): boolean {
  const unreadable = scopes.filter(({ problem }) => problem !== undefined);
  for (const { scope, problem } of unreadable) {
    context.message(
      printable(`${place}/${scope}: ${problem ?? ''} Run the health check to see what a repair can save.`),
    );
  }
  return unreadable.length > 0;
}
