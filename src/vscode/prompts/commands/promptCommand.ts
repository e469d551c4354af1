import type { FeatureCommand } from '../../commands';
import type { PromptTools } from '../promptTools';

export type PromptCommand = FeatureCommand<PromptTools>;
