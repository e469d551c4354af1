import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The full path of a program that the shell would find, or undefined. */
export function findOnPath(program: string): string | undefined {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => extensions.map((extension) => path.join(folder, program + extension)))
    .find(isProgram);
}

export function isOnPath(program: string): boolean {
  return findOnPath(program) !== undefined;
}

/** True for a file that may be executed. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
