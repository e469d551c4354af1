import { mergeLibraries, readLibrary } from '../../cache/library';
import type { Library, LibraryInstruction } from '../../cache/library';
import { isSourceError, UserError } from '../../errors';
import { filesBelow } from '../../instructions/filesBelow';
import { openGitFiles } from '../../sources/gitFiles';
import type { GitFiles } from '../../sources/gitFiles';
import type { EncodingName, TokenCounter } from '../../tokens/counter';
import { compilePrompt } from '../compile';
import { promptLibrary } from '../library';
import { parseManifest } from '../manifest';
import { measurePrompt } from '../measure';
import type { MeasuredPrompt } from '../measure';
import { variantNames } from '../model';
import { resolvePrompt } from '../resolve';
import { versionOf } from './promptVersion';
import type { PromptVersion } from './promptVersion';

const maxManifestBytes = 4 * 1024 * 1024;

export interface RevisionInput {
  /** The workspace folder, absolute; it may be any folder of a repository. */
  readonly folder: string;
  /** Relative to the folder, with `/`. */
  readonly manifestPath: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** Folders of the workspace's library, relative to it; read as they were. */
  readonly libraryFolders: readonly string[];
  /** Instructions from elsewhere, which have no history here: taken as they are now. */
  readonly otherInstructions: readonly LibraryInstruction[];
  /** The path within the folder of an absolute one; undefined for what lies elsewhere. */
  readonly pathOf: (location: string) => string | undefined;
  readonly counter: TokenCounter;
  readonly encoding: EncodingName;
}

/**
 * The prompt as it was in a commit: its manifest, its files and its library. Throws a `UserError` when there is no such
 * revision, or when the prompt could not be compiled then. Runs Git, so ask for trust first.
 */
export async function promptAtRevision(input: RevisionInput, signal: AbortSignal): Promise<PromptVersion> {
  const { folder, manifestPath, revision, counter, encoding } = input;
  const files = await openGitFiles(folder, revision, signal);
  try {
    const label = files.commit.startsWith(revision)
      ? files.commit.slice(0, 8)
      : `${revision}, ${files.commit.slice(0, 8)}`;
    if (!files.has(manifestPath)) {
      throw new UserError(`There is no \`${manifestPath}\` in ${label}.`, 'Choose a later revision.');
    }
    const text = new TextDecoder().decode(await files.read(manifestPath, { signal, maxBytes: maxManifestBytes }));
    const { manifest, findings } = parseManifest(text, files.locate(manifestPath));
    if (manifest === undefined) {
      const broken = findings.find(({ severity }) => severity === 'error');
      throw new UserError(
        `The manifest has an error in ${label}: ${broken?.message ?? ''}`,
        'Choose another revision.',
      );
    }
    const library = promptLibrary((await libraryAt(files, input, signal)).instructions, input.pathOf);
    const prompt = await resolvePrompt(manifest, manifestPath, files, library, { signal });
    const variants: MeasuredPrompt[] = [];
    for (const variant of variantNames(manifest)) {
      variants.push(await measurePrompt(compilePrompt(prompt, variant), counter, encoding, { signal }));
    }
    return versionOf(label, variants);
  } finally {
    files.dispose();
  }
}

async function libraryAt(files: GitFiles, input: RevisionInput, signal: AbortSignal): Promise<Library> {
  const libraries: Library[] = [];
  for (const folder of input.libraryFolders) {
    try {
      libraries.push(await readLibrary(filesBelow(files, folder), { signal }));
    } catch (error) {
      // The folder was made later.
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  return mergeLibraries([...libraries, { instructions: input.otherInstructions, findings: [] }]);
}
