import type { SandboxSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import { folderSource } from './folderSource';
import type { SourceKind } from './sourceKind';

/** Every way to reach a cache. */
export const sourceKinds: readonly SourceKind[] = [folderSource];

/** The kind that a setting asks for; a folder where it names none. */
export function sourceKindOf(setting: SandboxSetting): SourceKind {
  const id = setting['kind'] ?? folderSource.id;
  const kind = sourceKinds.find((one) => one.id === id);
  if (kind === undefined) {
    throw new UserError(
      `A sandbox has the unknown kind ${JSON.stringify(id)}.`,
      `Use one of: ${sourceKinds.map((one) => one.id).join(', ')}.`,
    );
  }
  return kind;
}
