import { posix } from 'node:path';
import { QuickPickItemKind, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { Library } from '../../core/cache/library';
import { UserError } from '../../core/errors';
import { parseLock } from '../../core/prompts/lock';
import { promptAtRevision } from '../../core/prompts/versions/atRevision';
import { versionOf } from '../../core/prompts/versions/promptVersion';
import type { PromptVersion } from '../../core/prompts/versions/promptVersion';
import { commitsTouching } from '../../core/sources/gitLog';
import { locationOf, uriOf } from '../instructions/editorFiles';
import { libraryFoldersOf, readFolderConfigs } from '../instructions/workspaceConfig';
import { requireCompiled } from './promptState';
import type { PromptState } from './promptState';
import type { PromptTools } from './promptTools';
import { canRunGit, findLock } from './report/readReport';

/** Older commits are reached by their hash. */
const mostCommits = 40;

/** A version that a person can choose; it is read when it is chosen. */
export interface VersionItem extends QuickPickItem {
  readonly open?: (signal: AbortSignal) => Promise<PromptVersion>;
  /** Asks further; gives an item that can be opened, or undefined when the person gave up. */
  readonly ask?: () => Promise<VersionItem | undefined>;
}

/** Every version of a prompt: as it is now, its lock file, snapshots, and commits where Git may be asked. */
export async function versionItems(
  tools: PromptTools,
  prompt: PromptState,
  signal: AbortSignal,
): Promise<VersionItem[]> {
  const { services, snapshots } = tools;
  const lock = await findLock(prompt);
  const parsed = lock === undefined ? undefined : parseLock(lock.text);
  const saved = await snapshots.list(locationOf(prompt.uri));
  const commits = canRunGit(services, prompt)
    ? await commitsTouching(prompt.folder.uri.fsPath, filesOf(prompt), mostCommits, signal)
    : [];
  return [
    {
      label: 'Now',
      description: 'as it stands in the editor',
      open: async () =>
        Promise.resolve(
          versionOf(
            'now',
            requireCompiled(prompt).map(({ measured }) => measured),
          ),
        ),
    },
    ...(lock === undefined || parsed === undefined
      ? []
      : [
          {
            label: 'Lock file',
            description: `${workspace.asRelativePath(lock.uri)}: hashes and tokens, no text`,
            open: async () => Promise.resolve({ label: 'lock file', lock: parsed, documents: new Map() }),
          },
        ]),
    ...separator('Snapshots', saved),
    ...saved.map((snapshot): VersionItem => ({
      label: snapshot.label ?? `Snapshot ${snapshot.number}`,
      description: timeText(snapshot.at),
      open: async () => {
        const version = await snapshots.read(snapshot);
        if (version === undefined) {
          throw new UserError(`Snapshot ${snapshot.number} is no longer kept.`, 'Choose another version.');
        }
        return version;
      },
    })),
    ...separator('Commits', commits),
    ...commits.map(({ hash, at, subject }): VersionItem => ({
      label: hash.slice(0, 8),
      description: `${subject} · ${timeText(at)}`,
      open: async (inner) => atRevision(tools, prompt, hash, inner),
    })),
    ...(canRunGit(services, prompt)
      ? [
          {
            label: '$(git-branch) Another revision…',
            description: 'a branch, a tag or a commit',
            ask: async (): Promise<VersionItem | undefined> => {
              const typed = await services.prompts.input({
                title: 'Diff Prompt Versions',
                prompt: 'A branch, a tag or a commit',
                value: 'HEAD~1',
              });
              const revision = typed?.trim() ?? '';
              return revision === ''
                ? undefined
                : { label: revision, open: async (inner) => atRevision(tools, prompt, revision, inner) };
            },
          },
        ]
      : []),
  ];
}

function separator(label: string, items: readonly unknown[]): VersionItem[] {
  return items.length === 0 ? [] : [{ label, kind: QuickPickItemKind.Separator }];
}

async function atRevision(
  { services, model, library }: PromptTools,
  prompt: PromptState,
  revision: string,
  signal: AbortSignal,
): Promise<PromptVersion> {
  services.trust.require('Reading a Git revision');
  const { folder, path } = prompt;
  const configs = await readFolderConfigs(signal);
  const config = configs.find((candidate) => candidate.folder.uri.toString() === folder.uri.toString());
  const folders = config === undefined ? [] : libraryFoldersOf(services, config);
  const { instructions } = (await library.read()) satisfies Library;
  return promptAtRevision(
    {
      folder: folder.uri.fsPath,
      manifestPath: path,
      revision,
      libraryFolders: folders.filter((name) => !posix.isAbsolute(name)).map((name) => posix.normalize(name)),
      otherInstructions: instructions.filter(({ location }) => pathIn(prompt, location) === undefined),
      pathOf: (location) => pathIn(prompt, location),
      counter: services.counter,
      encoding: model.snapshot.target.tokenizer.encoding,
    },
    signal,
  );
}

/** The files whose commits changed the prompt, relative to the folder. */
function filesOf(prompt: PromptState): string[] {
  return [...prompt.uses].flatMap((location) => pathIn(prompt, location) ?? []).sort();
}

function pathIn({ folder }: PromptState, location: string): string | undefined {
  const place = uriOf(location);
  const base = `${folder.uri.path.replace(/\/$/, '')}/`;
  return place.scheme === folder.uri.scheme && place.path.startsWith(base) ? place.path.slice(base.length) : undefined;
}

/** To the minute, in UTC as everywhere in the reports. */
function timeText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}
