import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../cache/fingerprint';
import type { ContentHistory } from '../cache/history';
import type { FileTree } from '../fileTree';
import { parseMirrorState, printMirrorState } from './mirrorState';
import type { MirrorState } from './mirrorState';
import { StaticTree } from './staticTree';

/** A source as it was last seen. */
export interface LastSeen {
  /** Only to be read. */
  readonly tree: FileTree;
  readonly state: MirrorState;
}

/**
 * The latest state of each source, in a folder that several processes use at once: one file per source, replaced as a
 * whole. The contents are in the history, by hash. A damaged file counts as none: the next look makes it anew.
 */
export class MirrorStore {
  readonly #folder: string;
  readonly #history: ContentHistory;

  /** @param folder the `mirror` folder inside the per-user data folder; made by the first save. */
  constructor(folder: string, history: ContentHistory) {
    this.#folder = folder;
    this.#history = history;
  }

  async load(sourceId: string): Promise<MirrorState | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path(sourceId), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
    const state = parseMirrorState(text);
    return state?.sourceId === sourceId ? state : undefined;
  }

  async save(state: MirrorState): Promise<void> {
    const path = this.#path(state.sourceId);
    const temporary = `${path}.${randomUUID()}.tmp`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    try {
      await writeFile(temporary, printMirrorState(state), { flag: 'wx', mode: 0o600 });
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Remembers the contents of files that were read, by path; nothing when the source was never seen as a whole. */
  async note(sourceId: string, contents: ReadonlyMap<string, string>): Promise<void> {
    const state = await this.load(sourceId);
    if (state !== undefined && [...contents].some(([path, sha256]) => state.files.get(path) !== sha256)) {
      await this.save({ ...state, files: new Map([...state.files, ...contents]) });
    }
  }

  async forget(sourceId: string): Promise<void> {
    await rm(this.#path(sourceId), { force: true });
  }

  /**
   * The source as it was last seen, to be read while it is out of reach: trees, values, diffs and versions work, and
   * writes are refused with `reason`. undefined when it was never seen.
   */
  async lastSeen(sourceId: string, reason: string): Promise<LastSeen | undefined> {
    const state = await this.load(sourceId);
    if (state === undefined) {
      return undefined;
    }
    const tree = new StaticTree({
      id: state.sourceId,
      label: state.label,
      folders: state.folders,
      content: async (path) => {
        const sha256 = state.files.get(path);
        return sha256 === undefined ? undefined : this.#history.content(sha256);
      },
      whyReadOnly: reason,
      whyAbsent: 'it was never fetched, and the source is out of reach.',
    });
    return { tree, state };
  }

  #path(sourceId: string): string {
    return join(this.#folder, `${sha256Hex(new TextEncoder().encode(sourceId)).slice(0, 32)}.json`);
  }
}
