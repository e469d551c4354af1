import type { Uri } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import type { FileTree } from '../../../core/fileTree';
import type { Prompts } from '../../prompts';

/** A place that was opened. */
export interface OpenedSource {
  /** The tree whose root is the kv-cache folder. */
  readonly tree: FileTree;
  /** Where it lies, as a person would write it. */
  readonly place: string;
  /** The same as a URI, where the editor can open it. */
  readonly uri: Uri | undefined;
}

/** A way to reach a cache. Adding one is one file and one line in `sourceKinds.ts`. */
export interface SourceKind {
  /** The `kind` of a setting. */
  readonly id: string;
  /** What a person picks when adding a sandbox. */
  readonly label: string;
  readonly detail: string;
  /** Opens what a setting names, without writing. Throws a `UserError` that names the setting's faulty field. */
  open(setting: SandboxSetting): Promise<OpenedSource>;
  /** Asks a person for the fields of a new setting, without its name and kind; undefined when they give up. */
  ask(prompts: Prompts): Promise<{ readonly fields: SandboxSetting; readonly suggestedName: string } | undefined>;
}
