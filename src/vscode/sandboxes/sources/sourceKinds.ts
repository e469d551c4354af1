import { UserError } from '../../../core/errors';
import type { SandboxSetting } from '../../../contributions';
import type { Services } from '../../services';
import { createCommandSource } from './commandSource';
import { createDaytonaSource } from './daytonaSource';
import { createFolderSource } from './folderSource';
import { createHttpSource } from './httpSource';
import type { RemoteTrees } from './remoteTrees';
import type { MirrorTree, SourceKind, SourcesSetting } from './sourceKind';
import { createSshSource } from './sshSource';

/** Every way to reach a cache. */
export interface SourceKinds {
  readonly all: readonly SourceKind[];
  /** The kind of this id; undefined when there is none. */
  get(id: string): SourceKind | undefined;
  /**
   * The kind that a description asks for; a folder where it names none. Throws a `UserError` for one that is unknown,
   * and for one that does not belong into the setting: a workspace must not name programs to run, or hosts.
   */
  of(setting: SandboxSetting, settingId: SourcesSetting): SourceKind;
}

export function createSourceKinds(services: Services, trees: RemoteTrees, mirrored: MirrorTree): SourceKinds {
  const all = [
    createFolderSource(services, mirrored),
    createSshSource(services, trees),
    createCommandSource(services, trees),
    createDaytonaSource(services, trees),
    createHttpSource(services, trees),
  ];
  return {
    all,
    get: (id) => all.find((one) => one.id === id),
    of: (setting, settingId) => {
      const id = setting['kind'] ?? 'folder';
      const kind = all.find((one) => one.id === id);
      if (kind === undefined) {
        throw new UserError(
          `A sandbox has the unknown kind ${JSON.stringify(id)}.`,
          `Use one of: ${all.map((one) => one.id).join(', ')}.`,
        );
      }
      if (kind.settingId !== settingId) {
        throw new UserError(
          `The sandbox ${JSON.stringify(setting['name'] ?? '')} of the kind ${kind.id} does not belong into ${settingId}.`,
          `Move it to ${kind.settingId} of your user settings, or add it with "Add Sandbox".`,
        );
      }
      return kind;
    },
  };
}
