import type { FeatureCommand } from '../../commands';
import type { SandboxTools } from '../sandboxTools';

export type SandboxCommand = FeatureCommand<SandboxTools>;
