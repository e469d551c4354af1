import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { applyPlan } from '../../../src/core/cache/apply';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import { temporaryPrefix } from '../../../src/core/cache/keys';
import { planInvalidate } from '../../../src/core/cache/plans/invalidate';
import type { PlanSource } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import type { FileTree } from '../../../src/core/fileTree';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { refreshMirror } from '../../../src/core/mirror/refresh';
import type { Clock } from '../../../src/core/ports';
import { systemClock } from '../../../src/core/ports';
import { VersionStore } from '../../../src/core/versions/versionStore';
import type { FaultFigures } from '../../support/figures';
import { recordFigures } from '../../support/figures';
import { soundEntry, TemporaryCache } from '../cache/temporaryCache';

const scope = 'task';
const mostLooks = 50;
const pauseMs = 100;

/** A cache that is changed while something goes wrong, and that remembers what it was told. */
export class FaultyCache {
  readonly cache = new TemporaryCache();
  readonly data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  readonly history = new VersionStore(join(this.data, 'versions'));
  readonly mirror = new MirrorStore(join(this.data, 'mirror'), this.history);
  /** What was acknowledged: the text of each key, undefined for one that was deleted. */
  readonly #acknowledged = new Map<string, string | undefined>();
  /** Keys of changes that failed: they may be as before or as wanted. */
  readonly #inDoubt = new Set<string>();
  #done = 0;
  #reported = 0;
  #tries = 0;
  #lost = 0;
  #unreadable = 0;

  /** Puts a value through the local folder, where nothing goes wrong. */
  async prepare(key: string, text: string): Promise<void> {
    assert.equal(await this.put(this.cache.tree, key, text), 'done');
    this.#done -= 1;
  }

  async put(tree: FileTree, key: string, text: string, clock: Clock = systemClock): Promise<'done' | 'failed'> {
    return this.#change(tree, key, text, clock, (source) =>
      planPut(source, { scope, originalKey: key, bytes: Buffer.from(text), ttlHours: 1000 }),
    );
  }

  async delete(tree: FileTree, key: string, clock: Clock = systemClock): Promise<'done' | 'failed'> {
    return this.#change(tree, key, undefined, clock, (source) => planInvalidate(source, { entries: [{ scope, key }] }));
  }

  async #change(
    tree: FileTree,
    key: string,
    text: string | undefined,
    clock: Clock,
    makePlan: (source: PlanSource) => ReturnType<typeof planPut>,
  ): Promise<'done' | 'failed'> {
    const source = { tree, snapshot: await readSnapshot(tree, { clock }) };
    return this.apply(source, key, text, makePlan(source), clock);
  }

  /** Applies a plan of one change, and notes what was said of it. */
  async apply(
    { tree }: PlanSource,
    key: string,
    text: string | undefined,
    plan: ReturnType<typeof planPut>,
    clock: Clock = systemClock,
  ): Promise<'done' | 'failed'> {
    const report = await applyPlan(plan, { tree, history: this.history, clock });
    if (report.results[0]?.outcome === 'done') {
      this.note(key, text);
      return 'done';
    }
    this.noteFailure(key);
    return 'failed';
  }

  /** A change was acknowledged. */
  note(key: string, text: string | undefined): void {
    this.#done += 1;
    this.#inDoubt.delete(key);
    this.#acknowledged.set(key, text);
  }

  noteFailure(key: string): void {
    this.#reported += 1;
    this.#inDoubt.add(key);
  }

  /**
   * Looks at what is there, by the original's rules, and for everything that was acknowledged. Behind a link that broke
   * the far end may still be at it, so that a problem counts when it stays.
   */
  async check(root = this.cache.root): Promise<void> {
    this.#tries += 1;
    let found = this.#look(root);
    for (let look = 1; look < mostLooks && found.problems.length + found.gone.length > 0; look += 1) {
      await delay(pauseMs);
      found = this.#look(root);
    }
    this.#unreadable += found.problems.length > 0 ? 1 : 0;
    this.#lost += found.gone.length;
    assert.deepEqual(found, { problems: [], gone: [] });
  }

  #look(root: string): { readonly problems: readonly string[]; readonly gone: readonly string[] } {
    const problems = problemsOf(root, this.#inDoubt);
    const settled = [...this.#acknowledged].filter(([key]) => !this.#inDoubt.has(key));
    const gone = problems.length > 0 ? [] : settled.filter(([key, text]) => indexedText(root, key) !== text);
    return { problems, gone: gone.map(([key]) => key) };
  }

  /** The mirror opens, and shows what was last seen. */
  async checkMirror(tree: FileTree): Promise<void> {
    const seen = await this.mirror.lastSeen(tree.id, 'the link is down');
    assert.ok(seen !== undefined);
    const snapshot = await readSnapshot(seen.tree, { clock: systemClock });
    assert.ok(snapshot.scopes.some(({ entries }) => entries.length > 0));
  }

  async refresh(tree: FileTree): Promise<void> {
    await refreshMirror(tree, this.mirror, this.history, { clock: systemClock });
  }

  figures(fault: string): FaultFigures {
    const figures = {
      fault,
      tries: this.#tries,
      acknowledged: this.#done,
      reported: this.#reported,
      lost: this.#lost,
      unreadable: this.#unreadable,
    };
    recordFigures(figures);
    return figures;
  }

  dispose(): void {
    this.cache.dispose();
    rmSync(this.data, { recursive: true, force: true });
  }
}

function indexedText(root: string, key: string): string | undefined {
  const index = readIndex(root);
  return key in index ? readFileSync(join(root, scope, key), 'utf8') : undefined;
}

function readIndex(root: string): Record<string, Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(join(root, scope, '_index.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return {};
    }
    throw error;
  }
  return JSON.parse(text) as Record<string, Record<string, unknown>>;
}

/** What would keep the original from reading the scope, or give it a wrong value. */
function problemsOf(root: string, inDoubt: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  let index: ReturnType<typeof readIndex>;
  try {
    index = readIndex(root);
  } catch (error) {
    return [`the index can't be read: ${String(error)}`];
  }
  for (const [key, entry] of Object.entries(index)) {
    for (const [field, sound] of Object.entries(soundEntry(scope, key, ''))) {
      if (typeof entry[field] !== typeof sound) {
        problems.push(`${key}: ${field} is ${typeof entry[field]}`);
      }
    }
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/.test(String(entry['expires_at']))) {
      problems.push(`${key}: expires_at is ${String(entry['expires_at'])}`);
    }
    try {
      const bytes = readFileSync(join(root, scope, key));
      if (fingerprintOf(bytes) !== entry['fingerprint'] && !inDoubt.has(key)) {
        problems.push(`${key}: another fingerprint`);
      }
    } catch (error) {
      problems.push(`${key}: ${String(error)}`);
    }
  }
  // At the root, names of ours are free to use; among values there must be none.
  const strange = readdirSync(join(root, scope)).filter((name) => name.startsWith(temporaryPrefix));
  problems.push(...strange.map((name) => `${name} was left behind`));
  return problems;
}
