import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, describeError } from '../errors';
import { silentLogger } from '../ports';
import type { Logger } from '../ports';
import { parseCharacterClasses } from './characterClasses';
import type { CharacterClasses } from './characterClasses';
import type { EncodingName } from './counter';
import { expandTable, parseCompactTable } from './expandTable';
import { removeLeftovers } from './leftovers';
import { layoutVersion, viewRankTable } from './rankTable';
import type { RankTable } from './rankTable';

const digestBytes = 32;
/** No table is nearly as large; a file that is must not be read into memory. */
const largestTable = 1 << 28;

export interface TableStoreOptions {
  /** The folder that the build wrote the packaged tables to; found beside the running code by default. */
  readonly tablesFolder?: string | undefined;
  /** The per-user data folder; without it, or when it can't be written, tables are expanded in memory each time. */
  readonly dataFolder?: string | undefined;
  readonly log?: Logger | undefined;
}

/** Opens the tables that encoding needs: packaged compact, expanded once per machine, verified on each opening. */
export class TableStore {
  readonly #tablesFolder: string | undefined;
  readonly #expandedFolder: string | undefined;
  readonly #log: Logger;

  constructor({ tablesFolder, dataFolder, log = silentLogger }: TableStoreOptions) {
    this.#tablesFolder = tablesFolder ?? findTablesFolder();
    this.#expandedFolder = dataFolder === undefined ? undefined : join(dataFolder, 'token-tables');
    this.#log = log;
  }

  /**
   * The table of an encoding. The first time on a machine it is expanded, which takes a part of a second of computing.
   * @throws UserError when the packaged table is missing or damaged
   */
  async openRanks(encoding: EncodingName): Promise<RankTable> {
    const packaged = await this.#readPackaged(`${encoding}.tokens`);
    const digest = packaged.subarray(0, digestBytes);
    const content = packaged.subarray(digestBytes);
    const name = `${encoding}-${Buffer.from(digest.subarray(0, 8)).toString('hex')}-${layoutVersion}.table`;
    const file = this.#expandedFolder === undefined ? undefined : join(this.#expandedFolder, name);

    const opened = file === undefined ? undefined : await this.#openExpanded(file);
    if (opened !== undefined) {
      return opened;
    }
    if (!createHash('sha256').update(content).digest().equals(digest)) {
      throw damagedInstallation(`The token table ${encoding} is damaged.`);
    }
    const table = expandTable(parseCompactTable(content));
    if (file !== undefined) {
      await this.#keepExpanded(file, encoding, table);
    }
    return table;
  }

  /** Changes whenever counts of the encoding may: with its tokens or with the classes of characters. */
  async identity(encoding: EncodingName): Promise<string> {
    const tokens = await this.#readPackaged(`${encoding}.tokens`);
    const classes = await this.#readPackaged('classes.bin');
    return createHash('sha256').update(tokens.subarray(0, digestBytes)).update(classes).digest('hex');
  }

  /** @throws UserError when the packaged file is missing */
  async openClasses(): Promise<CharacterClasses> {
    return parseCharacterClasses(await this.#readPackaged('classes.bin'));
  }

  async #readPackaged(name: string): Promise<Buffer> {
    if (this.#tablesFolder === undefined) {
      throw damagedInstallation('The token tables are missing.');
    }
    try {
      return await readFile(join(this.#tablesFolder, name));
    } catch (error) {
      throw damagedInstallation(`The token table ${name} can’t be read.`, error);
    }
  }

  /** Undefined when there is no such file or it is not what was written: then it is made again. */
  async #openExpanded(file: string): Promise<RankTable | undefined> {
    try {
      const handle = await open(file);
      try {
        const { size } = await handle.stat();
        if (size > largestTable) {
          throw new RangeError(`It has ${size} bytes.`);
        }
        const buffer = new SharedArrayBuffer(Math.max(0, size - digestBytes));
        const bytes = new Uint8Array(buffer);
        const digest = new Uint8Array(digestBytes);
        await handle.read(bytes, 0, bytes.length, 0);
        await handle.read(digest, 0, digestBytes, bytes.length);
        if (createHash('sha256').update(bytes).digest().equals(digest)) {
          return viewRankTable(buffer);
        }
        this.#log.warn(`${file} is damaged and is made again.`);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn(`${file} can’t be opened and is made again: ${describeError(error)}`);
      }
    }
    return undefined;
  }

  /** Keeping the table only saves time: where the folder can't be written, the next start expands it again. */
  async #keepExpanded(file: string, encoding: EncodingName, { buffer }: RankTable): Promise<void> {
    const folder = this.#expandedFolder!;
    const temporary = `${file}.${randomUUID()}.tmp`;
    try {
      await mkdir(folder, { recursive: true });
      const bytes = new Uint8Array(buffer);
      await writeFile(temporary, [bytes, createHash('sha256').update(bytes).digest()]);
      await rename(temporary, file);
      await removeLeftovers(join(folder, `${encoding}-`));
      for (const other of await readdir(folder)) {
        const path = join(folder, other);
        if (other.startsWith(`${encoding}-`) && other.endsWith('.table') && path !== file) {
          await rm(path, { force: true });
        }
      }
    } catch (error) {
      this.#log.info(`The expanded token table is not kept: ${describeError(error)}`);
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

/** Beside the bundle; or, when the sources run as they are, where the build writes. */
function findTablesFolder(): string | undefined {
  const candidates = [join(__dirname, 'tokens'), join(__dirname, '..', '..', '..', 'dist', 'tokens')];
  return candidates.find((folder) => existsSync(join(folder, 'classes.bin')));
}

function damagedInstallation(message: string, cause?: unknown): UserError {
  return new UserError(message, 'Install Context Cache again; in a checkout, run “npm run build”.', { cause });
}
