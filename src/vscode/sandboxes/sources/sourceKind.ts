import type { Uri } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import type { FileTree } from '../../../core/fileTree';
import type { MirroredTree } from '../../../core/mirror/mirroredTree';
import type { Step } from '../../steps';

/** Puts the mirror of this window behind a tree. */
export type MirrorTree = (tree: FileTree) => MirroredTree;

/** A place that was opened. Nothing is connected before its first use. */
export interface OpenedSource {
  /** The tree whose root is the kv-cache folder; one that is far away is answered from its mirror while it can't be reached. */
  readonly tree: MirroredTree;
  /** Whether its values cost next to nothing to read, and its changes are told: a folder. */
  readonly near: boolean;
  /** Where it lies, as a person would write it. */
  readonly place: string;
  /** The same as a URI, where the editor can open it. */
  readonly uri: Uri | undefined;
}

/** The settings that name sandboxes: folders, which a workspace may name, and places that only the user names. */
export type SourcesSetting = 'contextCache.sandboxes.sources' | 'contextCache.sandboxes.remotes';

/** What is known of a new sandbox while a person is asked for it. */
export interface NewSandbox {
  /** The fields of the setting, without its name and kind. */
  readonly fields: SandboxSetting;
  readonly name: string | undefined;
  /** What the name could be. */
  readonly suggestedName: string;
}

/** A way to reach a cache. Adding one is one file and one line in `sourceKinds.ts`. */
export interface SourceKind {
  /** The `kind` of a setting. */
  readonly id: string;
  /** What a person picks when adding a sandbox. */
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
  /** Where its sandboxes are kept. */
  readonly settingId: SourcesSetting;
  /** Opens what a setting names, without writing. Throws a `UserError` that names the setting's faulty field. */
  open(setting: SandboxSetting): Promise<OpenedSource>;
  /** What a person is asked for a new one. */
  readonly steps: readonly Step<NewSandbox>[];
  /** The address that a key of the user is sent to; absent where there is none. */
  keyAddress?(setting: SandboxSetting): string;
  /** Starts a place that sleeps; absent where nothing does. Waits until it runs. */
  start?(setting: SandboxSetting, signal: AbortSignal): Promise<void>;
}
