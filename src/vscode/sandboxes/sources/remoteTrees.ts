import type { SandboxSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import type { ContentHistory } from '../../../core/cache/history';
import { MirroredTree } from '../../../core/mirror/mirroredTree';
import type { MirrorStore } from '../../../core/mirror/mirrorStore';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { openSourceTree, parseSourceConfig, sourcePlace } from '../../../core/sources/sourceConfig';
import type { Services } from '../../services';
import { createSandboxKeys } from './sandboxKeys';
import type { SandboxKeys } from './sandboxKeys';
import type { OpenedSource } from './sourceKind';

/** Trees of sandboxes that are far away, each with its mirror. */
export interface RemoteTrees {
  readonly keys: SandboxKeys;
  /** Opens a description. Throws a `UserError` that names the faulty field. Nothing is connected. */
  open(setting: SandboxSetting): OpenedSource;
}

export function createRemoteTrees(services: Services, mirror: MirrorStore, history: ContentHistory): RemoteTrees {
  const keys = createSandboxKeys(services.secrets);
  return {
    keys,
    open: (setting) => {
      const config = parseSourceConfig(setting);
      const tree = openSourceTree(config, {
        daytonaKey: async () => keys.get((config.kind === 'daytona' ? config.apiUrl : undefined) ?? daytonaAddress),
        httpKey: async (url) => keys.get(url),
        // As on the command line; only whoever starts the editor sets its environment.
        sshConfigFile:
          process.env['CONTEXT_CACHE_SSH_CONFIG'] === '' ? undefined : process.env['CONTEXT_CACHE_SSH_CONFIG'],
      });
      const mirrored = new MirroredTree(tree, mirror, history, services.log);
      return { tree: mirrored, mirrored, place: sourcePlace(config), uri: undefined };
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
