import { join } from 'node:path';
import type { EncodingName, TokenCounter } from '../../core/tokens/counter';
import type { TokenEncoder } from '../../core/tokens/tokenEncoder';
import type { Logger } from '../../core/ports';
import { WorkerTokenCounter } from '../../worker/workerCounter';

/** The extension's counter: bulk work in a worker thread, documents that are edited in place. */
export interface EditorTokenCounter extends TokenCounter {
  /** For texts that are counted while they are edited. Costs the extension host next to nothing. */
  encoder(encoding: EncodingName): Promise<TokenEncoder>;
}

/**
 * Nothing is opened before the first count: a damaged installation fails that count with its reason instead of the
 * whole extension.
 * @param extensionFolder where the extension is installed
 * @param dataFolder where expanded tables are kept between runs
 */
export function createTokenService(extensionFolder: string, dataFolder: string, log: Logger): EditorTokenCounter {
  const bundle = join(extensionFolder, 'dist');
  return new WorkerTokenCounter({
    workerFile: join(bundle, 'tokenWorker.js'),
    tablesFolder: join(bundle, 'tokens'),
    dataFolder,
    log,
  });
}
