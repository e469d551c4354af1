import type { InstructionRoot } from '../../../src/core/instructions/instructionRoot';
import { indexInstructions } from '../../../src/core/instructions/instructionIndex';
import type { IndexOptions, InstructionIndex } from '../../../src/core/instructions/instructionIndex';
import type { InstructionFile } from '../../../src/core/instructions/model';
import { TokenCounts } from '../../../src/core/instructions/tokenCounts';
import type { TokenCounter } from '../../../src/core/tokens/counter';
import { MemoryFiles } from './memoryFiles';
import type { MemoryFile } from './memoryFiles';

/** One token per UTF-16 unit, so that a test's expectations are lengths. */
export class LengthCounter implements TokenCounter {
  readonly counted: string[] = [];

  async count(text: string): Promise<number> {
    this.counted.push(text);
    return Promise.resolve(text.length);
  }

  async countAll(texts: readonly string[]): Promise<number[]> {
    return Promise.all(texts.map(async (text) => this.count(text)));
  }

  dispose(): void {
    this.counted.length = 0;
  }
}

export function lengthCounts(): TokenCounts {
  return new TokenCounts(new LengthCounter(), 'o200k_base');
}

export function workspaceRoot(files: MemoryFiles, more: Partial<InstructionRoot> = {}): InstructionRoot {
  return { id: 'ws', kind: 'workspace', label: 'ws', files, ...more };
}

export function userRoot(files: Readonly<Record<string, string | MemoryFile>>): InstructionRoot {
  return {
    id: 'home',
    kind: 'user',
    label: '~',
    shownPrefix: '~/',
    files: new MemoryFiles(files, '/home/me'),
    projectNames: ['-ws'],
  };
}

export async function indexOf(
  files: Readonly<Record<string, string | MemoryFile>>,
  more: { readonly roots?: readonly InstructionRoot[]; readonly options?: Partial<IndexOptions> } = {},
): Promise<InstructionIndex> {
  return indexInstructions({
    roots: [workspaceRoot(new MemoryFiles(files)), ...(more.roots ?? [])],
    counts: lengthCounts(),
    ...more.options,
  });
}

export function fileAt(index: InstructionIndex, shownPath: string): InstructionFile {
  const file = index.files.find((candidate) => candidate.shownPath === shownPath);
  if (file === undefined) {
    throw new Error(`no instruction ${shownPath} among ${index.files.map((one) => one.shownPath).join(', ')}`);
  }
  return file;
}
