import { setTimeout as wait } from 'node:timers/promises';
import { describeError, isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import type { CachePlan } from './changes';
import { writesEntries } from './entryTree';
import { writeEntries } from './entryWriter';
import { fingerprintOfSha256 } from './fingerprint';
import type { ContentHistory, OperationRecorder, SeenContent, Sighting } from './history';
import { scopeNames } from './model';
import type { ScopeName } from './model';
import type { ApplyReport, Effect, EffectResult } from './plan';
import type { PythonValue } from './pythonJson';
import { printPython } from './pythonJsonPrint';
import { replaceIndex } from './replaceIndex';
import { writeRootFile } from './rootFile';
import type { WriteTarget } from './scopeAttempt';
import { writeScope } from './scopeWriter';
import { endsTheOperation, WorkItem } from './workItem';

/** Where a plan is applied, and who remembers it. */
export interface ApplyTarget {
  readonly tree: FileTree;
  readonly history: ContentHistory;
  readonly clock: Clock;
  /** For tests: waits between attempts, and chance. */
  readonly delay?: WriteTarget['delay'];
  readonly random?: WriteTarget['random'];
}

export interface ApplyOptions extends WorkOptions {
  /** Ids of the effects to apply; those that the plan has selected unless given. */
  readonly selected?: ReadonlySet<string>;
}

/** Values of one index write are held in memory; more than this become several. */
const batchBytes = 32 * 1024 * 1024;

/**
 * Applies a plan: scope by scope, one index write per scope where the values fit into memory. Each effect gets its
 * result; failures of one leave the others alone. What was there before is kept in the history first, so that the
 * whole can be undone by its operation id, also after a crash or a cancellation.
 */
export async function applyPlan(
  plan: CachePlan,
  target: ApplyTarget,
  options: ApplyOptions = {},
): Promise<ApplyReport> {
  const { tree } = target;
  if (plan.sourceId !== tree.id) {
    throw new SourceError('conflict', `The plan was made for ${plan.sourceId}, not for ${tree.id}.`, {
      nextStep: 'Make the plan again.',
    });
  }
  if (!tree.capabilities.write) {
    throw new SourceError('unsupported', `${tree.label} can only be read.`, {
      nextStep: 'Choose a sandbox that can be written.',
    });
  }
  const operation = new RunningOperation(plan, target, options);
  return operation.run();
}

class RunningOperation {
  readonly #plan: CachePlan;
  readonly #target: WriteTarget;
  readonly #options: ApplyOptions;
  readonly #results = new Map<string, EffectResult>();
  readonly #chosen: readonly Effect[];
  #rootFileResult: EffectResult | undefined;
  #recorded = false;
  #failure: unknown;

  constructor(plan: CachePlan, target: ApplyTarget, options: ApplyOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#target = {
      tree: target.tree,
      history: target.history,
      clock: target.clock,
      delay: target.delay ?? (async (ms, signal) => pause(ms, signal)),
      random: target.random ?? Math.random,
    };
    this.#chosen = plan.effects.filter(
      ({ id, action, selected }) => action !== 'unchanged' && (options.selected?.has(id) ?? selected),
    );
  }

  async run(): Promise<ApplyReport> {
    const recorder = await this.#begin();
    for (const scope of scopeNames) {
      const effects = this.#chosen.filter((effect) => effect.scope === scope);
      if (effects.length > 0) {
        await this.#applyScope(recorder, scope, effects);
      }
    }
    await this.#finish(recorder);
    await recorder.flush();
    return {
      results: [
        ...this.#plan.effects.map((effect) => this.#results.get(effect.id) ?? notApplied(effect)),
        ...(this.#rootFileResult === undefined ? [] : [this.#rootFileResult]),
      ],
      operationId: this.#recorded ? recorder.id : undefined,
      cancelled: isSourceError(this.#failure, 'cancelled'),
    };
  }

  async #begin(): Promise<OperationRecorder> {
    const { tree, history } = this.#target;
    const recorder = await history.beginOperation({
      sourceId: tree.id,
      sourceLabel: tree.label,
      title: this.#plan.title,
    });
    return {
      id: recorder.id,
      addStep: async (step) => {
        await recorder.addStep(step);
        this.#recorded = true;
      },
      flush: async () => recorder.flush(),
    };
  }

  async #applyScope(recorder: OperationRecorder, scope: ScopeName, effects: readonly Effect[]): Promise<void> {
    if (this.#failure !== undefined) {
      this.#giveUp(effects);
      return;
    }
    const replacement = this.#plan.replacements?.get(scope);
    const all = this.#plan.effects.filter((effect) => effect.scope === scope && effect.action !== 'unchanged');
    const { tree } = this.#target;
    if (replacement !== undefined && all.length === effects.length && !writesEntries(tree)) {
      await this.#replace(recorder, replacement, effects);
      return;
    }
    for (const batch of batchesOf(effects)) {
      if (this.#failure !== undefined) {
        this.#giveUp(batch);
        continue;
      }
      const items = batch.flatMap((effect) => this.#itemOf(effect));
      const failure = writesEntries(tree)
        ? await writeEntries({ tree, target: this.#target, recorder, scope, options: this.#options }, items)
        : await writeScope(this.#target, recorder, scope, items, this.#options);
      this.#failure = endsTheOperation(failure) ? failure : undefined;
      for (const item of items) {
        this.#results.set(item.id, item.result!);
      }
      await this.#target.history.record(
        this.#target.tree.id,
        items.flatMap((item) => sightingsOf(item, recorder.id)),
      );
      this.#report();
    }
  }

  async #replace(
    recorder: OperationRecorder,
    replacement: Parameters<typeof replaceIndex>[2],
    effects: readonly Effect[],
  ): Promise<void> {
    try {
      throwIfCancelled(this.#options.signal);
      const sightings = await replaceIndex(this.#target, recorder, replacement, this.#options);
      await this.#target.history.record(this.#target.tree.id, sightings);
      for (const { id } of effects) {
        this.#results.set(id, { id, outcome: 'done' });
      }
    } catch (error) {
      this.#failure = endsTheOperation(error) ? error : undefined;
      for (const { id } of effects) {
        this.#results.set(id, resultOf(id, error));
      }
    }
    this.#report();
  }

  #itemOf(effect: Effect): WorkItem[] {
    const change = this.#plan.changes.get(effect.id);
    if (change === undefined) {
      const message = 'It can only be applied together with everything else of its scope.';
      this.#results.set(effect.id, { id: effect.id, outcome: 'skipped', message });
      return [];
    }
    return [new WorkItem(effect.id, change)];
  }

  async #finish(recorder: OperationRecorder): Promise<void> {
    const { rootFile } = this.#plan;
    const done = new Set([...this.#results.values()].filter(({ outcome }) => outcome === 'done').map(({ id }) => id));
    // Where whole entries are written, the far end keeps its own seed flag.
    const isOwn = writesEntries(this.#target.tree);
    if (rootFile === undefined || isOwn || done.size < this.#chosen.length || this.#failure !== undefined) {
      return;
    }
    try {
      throwIfCancelled(this.#options.signal);
      await writeRootFile(this.#target, recorder, rootFile, done, this.#options);
    } catch (error) {
      this.#failure = error;
      this.#rootFileResult = resultOf(rootFile.path, error);
    }
  }

  #giveUp(effects: readonly Effect[]): void {
    for (const { id } of effects) {
      this.#results.set(id, resultOf(id, this.#failure));
    }
  }

  #report(): void {
    this.#options.progress?.report({ done: this.#results.size, total: this.#chosen.length });
  }
}

function resultOf(id: string, error: unknown): EffectResult {
  return isSourceError(error, 'cancelled')
    ? { id, outcome: 'skipped', message: 'Cancelled before it was done.' }
    : { id, outcome: 'failed', message: describeError(error) };
}

function notApplied(effect: Effect): EffectResult {
  const message = effect.action === 'unchanged' ? 'Nothing to do.' : 'Not chosen.';
  return { id: effect.id, outcome: 'skipped', message };
}

function* batchesOf(effects: readonly Effect[]): Generator<readonly Effect[]> {
  let batch: Effect[] = [];
  let bytes = 0;
  for (const effect of effects) {
    const size = effect.bytesAfter ?? 0;
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(effect);
    bytes += size;
  }
  if (batch.length > 0) {
    yield batch;
  }
}

function sightingsOf(item: WorkItem, operationId: string): Sighting[] {
  const { scope, key, author, value } = item.change;
  if (item.result?.outcome !== 'done') {
    return [];
  }
  const sightings: Sighting[] = [];
  if (item.before?.sha256 !== undefined) {
    const content = seen(item.before.sha256, item.before.sizeBytes, item.entryBefore);
    sightings.push({ scope, key, author: 'sandbox', content });
  }
  if (value === undefined) {
    return sightings;
  }
  sightings.push({
    scope,
    key,
    author,
    operationId,
    ...(item.value === undefined
      ? {}
      : { content: seen(item.value.sha256, item.value.bytes.byteLength, item.entryAfter) }),
  });
  return sightings;
}

function seen(sha256: string, sizeBytes: number, entry: PythonValue | undefined): SeenContent {
  return {
    fingerprint: fingerprintOfSha256(sha256),
    sizeBytes,
    sha256,
    ...(entry === undefined ? {} : { entry: printPython(entry, {}) }),
  };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch {
    throwIfCancelled(signal);
  }
}
