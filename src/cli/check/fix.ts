import { createTwoFilesPatch } from 'diff';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mergeLibraries, readLibrary } from '../../core/cache/library';
import { planFixes } from '../../core/check/planFixes';
import type { FixedFile } from '../../core/check/planFixes';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { promptLibrary } from '../../core/prompts/library';
import { loadProviders } from '../../core/prompts/providers';
import { FolderTree } from '../../core/sources/folderTree';
import { pathInside } from '../findings';
import type { CliContext } from '../io';
import { packageFolder } from '../packageFolder';
import { printable } from '../text';
import { manifestsOf, workspaceLibrary } from './workspace';
import type { CheckTools, IndexedTree } from './workspace';

export const fixChoices = ['safe', 'all'] as const;
export type FixChoice = (typeof fixChoices)[number];

/** What the lint's quick fixes would make of the folder's own files; nothing is written. */
export async function fixesOf(
  context: CliContext,
  tree: IndexedTree,
  { counts, counter }: CheckTools,
  choice: FixChoice,
): Promise<readonly FixedFile[]> {
  const { index, roots, config, folder } = tree;
  const { files } = roots.find(({ kind }) => kind === 'workspace')!;
  const own = await readLibrary(nodeInstructionFiles(join(await packageFolder(), 'instructions')));
  const library = mergeLibraries([await workspaceLibrary(context, files, config), own]);
  return planFixes(
    {
      files,
      manifestPaths: manifestsOf(tree),
      // A link is the same file again; what stands in other roots belongs to other folders.
      instructionPaths: index.files
        .filter(({ rootKind, path, realPath }) => rootKind === 'workspace' && path === realPath)
        .map(({ path }) => path),
      library: promptLibrary(library.instructions, (path) => pathInside(folder, path)),
      config,
      providers: loadProviders(),
      counter,
      encoding: counts.encoding,
      safeOnly: choice === 'safe',
    },
    { signal: context.signal },
  );
}

/** A difference that `git apply` and `patch -p1` take. */
export function patchOf({ path, before, after }: FixedFile): string {
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after).replace(/^={3,}\n/, '');
}

/**
 * Writes all files, or none: each by a temporary file that takes its place, only where it still is as it was read, and
 * only inside of the folder. Rejects with a `SourceError`, and then nothing was written.
 */
export async function writeFixes(folder: string, fixes: readonly FixedFile[], signal: AbortSignal): Promise<void> {
  await new FolderTree(folder).commit(
    {
      expect: fixes.map(({ path, before }) => ({ path, sha256: createHash('sha256').update(before).digest('hex') })),
      writes: fixes.map(({ path, after }) => ({ path, bytes: Buffer.from(after) })),
    },
    { signal },
  );
}

/** One line for each kind of repair of each file. */
export function fixLines(fixes: readonly FixedFile[]): readonly string[] {
  return fixes.flatMap(({ path, titles }) =>
    [...new Set(titles)].map((title) => {
      const times = titles.filter((one) => one === title).length;
      return printable(`${path}: ${title}${times === 1 ? '' : ` (${times} times)`}`);
    }),
  );
}
