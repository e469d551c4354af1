import type { SandboxSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { openSourceTree, parseSourceConfig, sourcePlace } from '../../../core/sources/sourceConfig';
import type { Services } from '../../services';
import { sshConfigFile } from '../../sshConfigFile';
import { createSandboxKeys } from './sandboxKeys';
import type { SandboxKeys } from './sandboxKeys';
import type { MirrorTree, OpenedSource } from './sourceKind';

/** Trees of sandboxes that are far away, each with its mirror. */
export interface RemoteTrees {
  readonly keys: SandboxKeys;
  /** Opens a description. Throws a `UserError` that names the faulty field. Nothing is connected. */
  open(setting: SandboxSetting): OpenedSource;
}

export function createRemoteTrees(services: Services, mirrored: MirrorTree): RemoteTrees {
  const keys = createSandboxKeys(services.secrets);
  return {
    keys,
    open: (setting) => {
      const config = parseSourceConfig(setting);
      const tree = openSourceTree(config, {
        daytonaKey: async () => keys.get((config.kind === 'daytona' ? config.apiUrl : undefined) ?? daytonaAddress),
        httpKey: async (url) => keys.get(url),
        sshConfigFile: sshConfigFile(),
      });
      return { tree: mirrored(tree), near: false, place: sourcePlace(config), uri: undefined };
    },
  };
}

/** What is wrong with one field of a description; undefined when nothing is. The other fields must be sound. */
export function complaintAbout(setting: SandboxSetting): string | undefined {
  try {
    parseSourceConfig({ name: 'new', ...setting });
    return undefined;
  } catch (error) {
    if (error instanceof UserError) {
      return error.nextStep;
    }
    throw error;
  }
}
