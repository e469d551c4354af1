import { UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { CommandConfig } from './kinds/commandKind';
import { commandKind } from './kinds/commandKind';
import type { DaytonaConfig } from './kinds/daytonaKind';
import { daytonaKind } from './kinds/daytonaKind';
import { fieldError, readText } from './kinds/fields';
import type { RawFields } from './kinds/fields';
import type { FolderConfig } from './kinds/folderKind';
import { folderKind } from './kinds/folderKind';
import type { HttpConfig } from './kinds/httpKind';
import { httpKind } from './kinds/httpKind';
import type { SshConfig } from './kinds/sshKind';
import { sshKind } from './kinds/sshKind';
import type { TreeContext, TreeKind } from './kinds/treeKind';

/** The checked description of a sandbox. It holds no secret and can be kept in settings. */
export type SourceConfig = FolderConfig | SshConfig | CommandConfig | DaytonaConfig | HttpConfig;

type Kinds = { readonly [Kind in SourceConfig['kind']]: TreeKind<Extract<SourceConfig, { kind: Kind }>> };

const kinds: Kinds = { folder: folderKind, ssh: sshKind, command: commandKind, daytona: daytonaKind, http: httpKind };

/** Checks a description that somebody wrote. Throws a `UserError` that names the sandbox and the field. */
export function parseSourceConfig(value: unknown): SourceConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('The description of a sandbox is not an object.', 'Write it as { "name": "…", "kind": "…" }.');
  }
  const fields = value as RawFields;
  const name = readText(fields, 'name', 'my sandbox');
  const kind = fields['kind'] ?? 'folder';
  if (!isKind(kind)) {
    const known = Object.keys(kinds).join(', ');
    throw fieldError(fields, 'kind', `is unknown: ${JSON.stringify(kind)}`, `Use one of: ${known}.`);
  }
  return kinds[kind].parse(fields, name);
}

/** The tree of a sandbox. Nothing is connected before its first use; whoever opens it disposes it. */
export function openSourceTree(config: SourceConfig, context: TreeContext): FileTree {
  return kindOf(config).open(config, context);
}

/** Where a sandbox lies, as a person would write it. */
export function sourcePlace(config: SourceConfig): string {
  return kindOf(config).place(config);
}

function isKind(kind: unknown): kind is SourceConfig['kind'] {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind);
}

function kindOf<Config extends SourceConfig>(config: Config): TreeKind<Config> {
  // The table's type says which kind belongs to which description; the compiler can't follow it through an index.
  return kinds[config.kind] as unknown as TreeKind<Config>;
}
