import { checkInstructions } from '../../../src/core/check/checkInstructions';
import { harnessesInUse } from '../../../src/core/check/harnessesInUse';
import type { CheckReport } from '../../../src/core/check/model';
import { defaultConfig } from '../../../src/core/config';
import type { ContextCacheConfig } from '../../../src/core/config';
import { indexInstructions } from '../../../src/core/instructions/instructionIndex';
import type { HarnessId } from '../../../src/core/instructions/model';
import { MemoryFiles } from '../instructions/memoryFiles';
import type { MemoryFile } from '../instructions/memoryFiles';
import { lengthCounts, workspaceRoot } from '../instructions/support';

/** A check of files in memory; tokens are UTF-16 units. */
export async function checkFiles(
  files: Readonly<Record<string, string | MemoryFile>>,
  more: { readonly harnesses?: readonly HarnessId[]; readonly config?: Partial<ContextCacheConfig> } = {},
): Promise<CheckReport> {
  const memory = new MemoryFiles(files);
  const counts = lengthCounts();
  const index = await indexInstructions({ roots: [workspaceRoot(memory)], counts });
  const harnesses = more.harnesses ?? harnessesInUse(index);
  const config = { ...defaultConfig, ...more.config };
  return checkInstructions({ index, config, harnesses, counts, filesOf: () => memory });
}
