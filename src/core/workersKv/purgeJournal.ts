import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors';
import { isMissing, namesIn } from '../versions/fileSystem';
import { decodeLines, encodeLines } from '../versions/journalLines';
import { isRecord } from './answers';

/** A purge as it was begun. Manifests and other whole values are deleted first, then the chunks, then the edge. */
export interface PurgeHead {
  readonly sourceId: string;
  readonly title: string;
  readonly startedMs: number;
  readonly keys: readonly string[];
  readonly chunkKeys: readonly string[];
  readonly edgeTags: readonly string[];
  /** The operation that takes back what was kept. */
  readonly operationId: string | undefined;
}

/** A purge that was begun and is not at its end. */
export interface UnfinishedPurge extends PurgeHead {
  readonly id: string;
  readonly doneKeys: ReadonlySet<string>;
  readonly doneEdgeTags: ReadonlySet<string>;
  /** How many keys and tags are left. */
  readonly left: number;
}

interface DoneParts {
  readonly keys: readonly string[];
  readonly edgeTags: readonly string[];
}

const extension = '.jsonl';
const idPattern = /^[0-9a-z]+-[0-9a-f]{12}$/;

/**
 * Purges that are under way or were interrupted, one file each in the data folder. What is done is written down after
 * it was done, so that resuming does at most a little twice, which harms nothing.
 */
export class PurgeJournal {
  readonly #folder: string;

  /** @param folder inside the per-user data folder; made when a purge begins. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** From its return on the purge can be resumed after a crash. */
  async begin(head: PurgeHead): Promise<string> {
    const id = `${head.startedMs.toString(36)}-${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#append(id, { type: 'purge', ...head });
    return id;
  }

  async addDone(id: string, done: Partial<DoneParts>): Promise<void> {
    await this.#append(id, { type: 'done', keys: done.keys ?? [], edgeTags: done.edgeTags ?? [] });
  }

  /** Forgets a purge: it is at its end, or is not wanted any more. */
  async remove(id: string): Promise<void> {
    if (idPattern.test(id)) {
      await rm(this.#path(id), { force: true });
    }
  }

  /** Throws a `UserError` when there is no such purge. */
  async read(id: string): Promise<UnfinishedPurge> {
    const found = idPattern.test(id) ? await this.#read(id) : undefined;
    if (found === undefined) {
      throw new UserError(`There is no unfinished purge '${id}'.`, 'List the unfinished purges and choose one.');
    }
    return found;
  }

  /** The unfinished purges of a cache, newest first. */
  async unfinished(sourceId: string): Promise<readonly UnfinishedPurge[]> {
    const purges: UnfinishedPurge[] = [];
    for (const name of await namesIn(this.#folder)) {
      const id = name.slice(0, -extension.length);
      if (name.endsWith(extension) && idPattern.test(id)) {
        const purge = await this.#read(id);
        if (purge?.sourceId === sourceId) {
          purges.push(purge);
        }
      }
    }
    return purges.sort((a, b) => b.startedMs - a.startedMs);
  }

  async #read(id: string): Promise<UnfinishedPurge | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.#path(id));
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
    const { records } = decodeLines(bytes);
    const head = records.find(isHead);
    if (head === undefined) {
      return undefined;
    }
    const done = records.filter(isDone);
    const doneKeys = new Set(done.flatMap(({ keys }) => keys));
    const doneEdgeTags = new Set(done.flatMap(({ edgeTags }) => edgeTags));
    const left =
      [...head.keys, ...head.chunkKeys].filter((key) => !doneKeys.has(key)).length +
      head.edgeTags.filter((tag) => !doneEdgeTags.has(tag)).length;
    return { ...head, id, doneKeys, doneEdgeTags, left };
  }

  async #append(id: string, record: object): Promise<void> {
    const file = await open(this.#path(id), 'a', 0o600);
    try {
      await file.appendFile(encodeLines([record]));
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  #path(id: string): string {
    return join(this.#folder, id + extension);
  }
}

function isHead(value: unknown): value is PurgeHead {
  return (
    isRecord(value) &&
    value['type'] === 'purge' &&
    typeof value['sourceId'] === 'string' &&
    typeof value['title'] === 'string' &&
    typeof value['startedMs'] === 'number' &&
    [value['keys'], value['chunkKeys'], value['edgeTags']].every(isTexts)
  );
}

function isDone(value: unknown): value is DoneParts {
  return isRecord(value) && value['type'] === 'done' && isTexts(value['keys']) && isTexts(value['edgeTags']);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
