import type { InstructionFiles } from './files';

/** The files of a folder as files of their own. */
export function filesBelow(files: InstructionFiles, folder: string): InstructionFiles {
  const inside = (path: string): string => [folder, path].filter((part) => part !== '').join('/');
  return {
    locate: (path) => files.locate(inside(path)),
    list: async (path, options) => files.list(inside(path), options),
    stat: async (path, options) => files.stat(inside(path), options),
    read: async (path, options) => files.read(inside(path), options),
  };
}
