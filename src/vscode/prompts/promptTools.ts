import type { Services } from '../services';
import type { SeedLibrary } from '../sandboxes/seedLibrary';
import type { PromptSnapshots } from '../../core/prompts/versions/snapshots';
import type { PromptDocuments } from './promptDocuments';
import type { PromptsModel } from './promptsModel';
import type { ReportPanels } from './report/reportPanels';
import type { PromptViewState } from './viewState';

/** What the commands about prompts work with. */
export interface PromptTools {
  readonly services: Services;
  readonly model: PromptsModel;
  readonly viewState: PromptViewState;
  readonly documents: PromptDocuments;
  readonly library: SeedLibrary;
  readonly snapshots: PromptSnapshots;
  readonly reportPanels: ReportPanels;
}
