import type { FeatureCommand } from '../../commands';
import type { KvTools } from '../kvTools';

export type KvCommand = FeatureCommand<KvTools>;
