import type { LibraryInstruction as SeedableInstruction } from '../cache/library';
import { parseFrontMatter } from '../instructions/frontMatter';

/** An instruction that a prompt can name by its tag. */
export interface LibraryInstruction {
  readonly tag: string;
  /** The whole file, as it is seeded into a sandbox and fetched from it. */
  readonly text: string;
  /** Without front matter: what a prompt holds when the instruction stands in it in full. */
  readonly body: string;
  readonly description: string | undefined;
  /** Relative to the workspace, with `/`; undefined when the file is not part of the workspace. */
  readonly path: string | undefined;
}

/** By tag. */
export type InstructionLibrary = ReadonlyMap<string, LibraryInstruction>;

/**
 * The instructions of a library as prompts use them. `pathOf` gives the path within the workspace of an absolute path
 * or URI, or undefined for a file outside of it.
 */
export function promptLibrary(
  instructions: readonly Pick<SeedableInstruction, 'tag' | 'location' | 'bytes' | 'description'>[],
  pathOf: (location: string) => string | undefined,
): InstructionLibrary {
  return new Map(
    instructions.map(({ tag, location, bytes, description }) => {
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      const { bodyStart } = parseFrontMatter(text, { location });
      const instruction: LibraryInstruction = {
        tag,
        text,
        body: text.slice(bodyStart),
        description: description === '' ? undefined : description,
        path: pathOf(location),
      };
      return [tag, instruction];
    }),
  );
}
