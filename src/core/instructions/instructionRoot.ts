import type { InstructionFiles } from './files';
import { formats } from './formats/table';
import type { RootKind } from './model';

/** A place whose instructions are indexed. */
export interface InstructionRoot {
  /** Unique and stable, such as the folder's URI. */
  readonly id: string;
  readonly kind: RootKind;
  /** What a person calls it. */
  readonly label: string;
  readonly files: InstructionFiles;
  /** Put in front of the root's paths where people see them, such as `~/`; default nothing. */
  readonly shownPrefix?: string;
  /** Folders of a workspace (relative) that hold the library. Default `instructions`. */
  readonly libraryFolders?: readonly string[];
  /** Other files of a workspace to be found on the same way, such as prompt manifests. */
  readonly alsoFind?: (path: string) => boolean;
  /** For an ancestor: it lies above the repository, where only Claude Code looks. */
  readonly beyondRepository?: boolean;
  /** For an ancestor: it is the home folder too, whose settings folders are the user's. */
  readonly isHome?: boolean;
  /** For the home folder: the names under which Claude Code files the workspace folders; see `claudeProjectName`. */
  readonly projectNames?: readonly string[];
}

export const defaultLibraryFolders: readonly string[] = ['instructions'];

/** The name of the folder below `~/.claude/projects` for an absolute workspace path. */
export function claudeProjectName(workspacePath: string): string {
  return workspacePath.replace(/[^A-Za-z0-9]/g, '-');
}

/** Files and folders of a home folder or an ancestor that may hold instructions, relative to it. */
export function placesOf(root: InstructionRoot): readonly string[] {
  const places = new Set<string>();
  for (const format of formats) {
    switch (root.kind) {
      case 'user':
        for (const place of format.userPlaces ?? []) {
          const names = place.includes('{project}') ? (root.projectNames ?? []) : [''];
          names.forEach((name) => places.add(place.replace('{project}', () => name)));
        }
        break;
      case 'ancestor':
        if (root.beyondRepository !== true || format.readsBeyondRepository === true) {
          const own = (format.ancestorPlaces ?? []).filter((place) => root.isHome !== true || !place.includes('/'));
          own.forEach((place) => places.add(place));
        }
        break;
      default:
        places.add('CLAUDE.md').add('.claude/rules');
    }
  }
  return [...places];
}
