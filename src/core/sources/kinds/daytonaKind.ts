import { DaytonaApi } from '../daytonaApi';
import { DaytonaTree } from '../daytonaTree';
import { readIdentifier, readOptionalText, readRoot } from './fields';
import type { NamedSource, TreeContext, TreeKind } from './treeKind';

/** Where Daytona's own control plane is. */
export const daytonaAddress = 'https://app.daytona.io/api';

/** A folder of a Daytona sandbox. The key is never a part of it. */
export interface DaytonaConfig extends NamedSource {
  readonly kind: 'daytona';
  readonly sandboxId: string;
  /** Absolute path of the kv-cache folder in the sandbox. */
  readonly root: string;
  /** Another control plane. It decides where the key goes, so it comes from the user alone. */
  readonly apiUrl?: string;
}

export const daytonaKind: TreeKind<DaytonaConfig> = {
  parse: (fields, name) => {
    const sandboxId = readIdentifier(fields, 'sandboxId', 'a1b2c3d4');
    const apiUrl = readOptionalText(fields, 'apiUrl', daytonaAddress);
    return { kind: 'daytona', name, sandboxId, root: readRoot(fields), ...(apiUrl === undefined ? {} : { apiUrl }) };
  },
  open: ({ name, sandboxId, root, apiUrl }, context) =>
    new DaytonaTree({ api: daytonaApi(context, apiUrl), sandboxId, root, label: name }),
  place: ({ sandboxId, root }) => `daytona://${sandboxId}${root}`,
};

/** The control plane that `apiUrl` names, or else the caller, or else Daytona's own. */
function daytonaApi(context: TreeContext, apiUrl: string | undefined): DaytonaApi {
  return new DaytonaApi({ apiUrl: apiUrl ?? context.daytonaUrl ?? daytonaAddress, apiKey: context.daytonaKey });
}
