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

/** Reads a library file; its tag is `tag` or `name` of the front matter, else the name of the file. */
export function readLibraryInstruction(
  text: string,
  file: { readonly name: string; readonly path: string | undefined; readonly location: string },
): LibraryInstruction {
  const frontMatter = parseFrontMatter(text, { location: file.location });
  const field = (name: string): string | undefined => {
    const value = frontMatter.data[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  return {
    tag: field('tag') ?? field('name') ?? file.name.replace(/\.md$/i, ''),
    text,
    body: text.slice(frontMatter.bodyStart),
    description: field('description'),
    path: file.path,
  };
}
