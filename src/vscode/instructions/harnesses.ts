import { harnessById } from '../../core/instructions/account/table';
import { harnessIds } from '../../core/instructions/model';
import type { HarnessId } from '../../core/instructions/model';

/** As people call a harness. */
export function harnessLabel(harness: HarnessId): string {
  return harnessById(harness).title;
}

/** The harness of a setting's value; `all` for one that is not known. */
export function toHarness(value: unknown): HarnessId {
  return harnessIds.find((id) => id === value) ?? 'all';
}
