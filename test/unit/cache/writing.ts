import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ApplyOptions } from '../../../src/core/cache/apply';
import { applyPlan } from '../../../src/core/cache/apply';
import type { CachePlan } from '../../../src/core/cache/changes';
import type { ScopeName } from '../../../src/core/cache/model';
import type { ApplyReport } from '../../../src/core/cache/plan';
import type { PlanSource } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import type { PutRequest } from '../../../src/core/cache/plans/put';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import type { FileTree } from '../../../src/core/fileTree';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { goldenClock, TemporaryCache } from './temporaryCache';

/** A cache that can be written, with a version store beside it; waits are skipped. */
export class WritableCache {
  readonly cache: TemporaryCache;
  readonly #data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  nowMs = goldenClock.now();
  readonly history = new VersionStore(this.#data, { clock: { now: () => this.nowMs } });
  /** The tree that plans and writes go through; tests may put a faulty one in its place. */
  tree: FileTree;

  constructor(golden?: 'typical' | 'unindexed' | 'empty') {
    this.cache = new TemporaryCache(golden);
    this.tree = this.cache.tree;
  }

  get dataFolder(): string {
    return this.#data;
  }

  async source(verifyValues = false): Promise<PlanSource> {
    const snapshot = await readSnapshot(this.tree, { clock: { now: () => this.nowMs }, verifyValues });
    return { tree: this.tree, snapshot };
  }

  async apply(plan: CachePlan, options: ApplyOptions = {}): Promise<ApplyReport> {
    return applyPlan(
      plan,
      {
        tree: this.tree,
        history: this.history,
        clock: { now: () => this.nowMs },
        delay: async () => Promise.resolve(),
      },
      options,
    );
  }

  async put(request: Omit<PutRequest, 'bytes'> & { readonly text: string }): Promise<ApplyReport> {
    return this.apply(planPut(await this.source(), { ...request, bytes: Buffer.from(request.text) }));
  }

  index(scope: ScopeName): Record<string, Record<string, unknown>> {
    return JSON.parse(this.text(`${scope}/_index.json`)) as Record<string, Record<string, unknown>>;
  }

  text(path: string): string {
    return readFileSync(this.cache.path(path), 'utf8');
  }

  /** Every file below the cache with its content (base64), temporary and lock files included. */
  files(): Record<string, string> {
    return filesBelow(this.cache.root);
  }

  dispose(): void {
    this.cache.dispose();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/** Every file below a folder by its relative path, with its content in base64. */
export function filesBelow(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(root, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) {
      found[relative(root, path)] = readFileSync(path).toString('base64');
    }
  }
  return found;
}

/** `<outcome> <id>: <message>` of each result. */
export function drawResults(report: ApplyReport): string[] {
  return report.results.map(({ id, outcome, message }) =>
    message === undefined ? `${outcome} ${id}` : `${outcome} ${id}: ${message}`,
  );
}

/** `<mark> <action> <id>: <reason>` of each effect; `+` is selected. */
export function drawPlan(plan: CachePlan): string[] {
  return plan.effects.map(({ id, action, reason, selected }) => `${selected ? '+' : '-'} ${action} ${id}: ${reason}`);
}
