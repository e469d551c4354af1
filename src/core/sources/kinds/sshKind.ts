import { SshTree } from '../sshTree';
import { readIdentifier, readOptionalIdentifier, readOptionalPort, readRoot } from './fields';
import type { NamedSource, TreeKind } from './treeKind';

/** A folder on a host that the user's own OpenSSH client reaches. */
export interface SshConfig extends NamedSource {
  readonly kind: 'ssh';
  /** A host, or an alias of the SSH configuration. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Absolute path of the kv-cache folder on the host. */
  readonly root: string;
}

export const sshKind: TreeKind<SshConfig> = {
  parse: (fields, name) => {
    const host = readIdentifier(fields, 'host', 'build-box');
    const user = readOptionalIdentifier(fields, 'user', 'me');
    const port = readOptionalPort(fields);
    return {
      kind: 'ssh',
      name,
      host,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      root: readRoot(fields),
    };
  },
  open: ({ name, host, user, port, root }, { sshConfigFile }) =>
    new SshTree({
      host,
      root,
      label: name,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      ...(sshConfigFile === undefined ? {} : { configFile: sshConfigFile }),
    }),
  place: ({ host, user, port, root }) =>
    `ssh://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}${root}`,
};
