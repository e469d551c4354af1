import type { InstructionsModel } from '../instructions/instructionsModel';
import type { Reports } from '../reports';
import type { Services } from '../services';

/** What the commands about tokens share. */
export interface TokenTools {
  readonly services: Services;
  readonly reports: Reports;
  /** Undefined when the instructions could not start. */
  readonly instructions: InstructionsModel | undefined;
}
