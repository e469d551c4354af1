import type { InstructionsModel } from '../instructions/instructionsModel';
import type { Reports } from '../reports';
import type { Services } from '../services';
import type { VendorCounts } from './vendorCounts';

/** What the commands about tokens share. */
export interface TokenTools {
  readonly services: Services;
  readonly reports: Reports;
  readonly vendors: VendorCounts;
  /** Undefined when the instructions could not start. */
  readonly instructions: InstructionsModel | undefined;
}
