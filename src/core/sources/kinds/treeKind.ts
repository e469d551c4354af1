import type { FileTree } from '../../fileTree';
import type { RawFields } from './fields';

/** What every description of a sandbox has. */
export interface NamedSource {
  /** What a person calls it. */
  readonly name: string;
}

/** What the caller knows and no description may hold. */
export interface TreeContext {
  /** Asked for right before a request; nothing keeps it. From the environment or from the editor's secret storage. */
  readonly daytonaKey: () => Promise<string | undefined>;
  /** The control plane where a description names none. */
  readonly daytonaUrl?: string | undefined;
  /** The key of the HTTP API at an address; asked for right before a request. */
  readonly httpKey?: (url: string) => Promise<string | undefined>;
  /** Another configuration file for OpenSSH than the user's own. */
  readonly sshConfigFile?: string | undefined;
}

/** One kind of place: how its description is read, and how its tree is made. */
export interface TreeKind<Config extends NamedSource> {
  /** Checks a description. Throws a `UserError` that names the field. */
  parse(fields: RawFields, name: string): Config;
  /** Makes the tree. Nothing is read or connected before its first use. */
  open(config: Config, context: TreeContext): FileTree;
  /** Where it lies, as a person would write it. */
  place(config: Config): string;
}
