import type { Uri } from 'vscode';
import type { SandboxSetting } from '../../contributions';
import type { FileTree } from '../../core/fileTree';
import type { MirroredTree } from '../../core/mirror/mirroredTree';

/** A place whose cache is shown: named in the settings, or found in the workspace. */
export interface Sandbox {
  /** Unique among the sandboxes and stable between starts; the first segment of its documents' URIs. No `/` in it. */
  readonly id: string;
  readonly label: string;
  /** Where it lies, as a person would write it. */
  readonly place: string;
  readonly origin: 'setting' | 'detected';
  /** The item of the setting that it comes from. */
  readonly setting: SandboxSetting | undefined;
  /** The kind of source, such as `folder`. */
  readonly kind: string;
  /** The tree whose root is the kv-cache folder, to look at: out of reach, it is answered as it was last seen. */
  readonly tree: MirroredTree;
  /** Whether its values cost next to nothing to read, and its changes are told: a folder. */
  readonly near: boolean;
  /** The place as a URI, where the editor can open it. */
  readonly uri: Uri | undefined;
}

/** The place itself, never answered from a mirror: changes are planned, written and checked there. */
export function liveTree({ tree }: Pick<Sandbox, 'tree'>): FileTree {
  return tree.source;
}
