import { applyPlan } from '../core/cache/apply';
import type { CachePlan } from '../core/cache/changes';
import { emptySnapshot } from '../core/cache/emptySnapshot';
import type { ContentHistory } from '../core/cache/history';
import type { Library, LibraryInstruction } from '../core/cache/library';
import { originalKeyOfTag, sanitizeKey, usableKey } from '../core/cache/keys';
import type { CacheEntry, CacheSnapshot, ScopeName } from '../core/cache/model';
import type { ApplyReport } from '../core/cache/plan';
import { findEntry } from '../core/cache/plans/planBuilder';
import type { PlanSource } from '../core/cache/plans/planBuilder';
import { planPrune } from '../core/cache/plans/invalidate';
import { planPut } from '../core/cache/plans/put';
import type { PutRequest } from '../core/cache/plans/put';
import { maxValueBytes, rulesOf } from '../core/cache/scopes';
import { EntryReader } from '../core/cache/readEntry';
import type { EntryReading } from '../core/cache/readEntry';
import { readSnapshot } from '../core/cache/snapshot';
import { isSummary } from '../core/cache/summarySource';
import type { SourceFileReader } from '../core/cache/summarySource';
import { isSourceError, SourceError } from '../core/errors';
import type { FileTree } from '../core/fileTree';
import type { Clock } from '../core/ports';
import type { TokenCounter } from '../core/tokens/counter';
import { AgentError } from './agentError';

/** Where `get_instruction` looks first. */
export type Precedence = 'sandbox' | 'library';

export interface AgentCacheOptions {
  /** The sandbox's cache; without one, instructions come from the library and nothing can be stored. */
  readonly tree?: FileTree | undefined;
  /** Looks at the files of the workspace that summaries name: tells which summaries are stale. */
  readonly sourceFiles?: SourceFileReader | undefined;
  /** Reads the library as it is now. */
  readonly library: () => Promise<Library>;
  readonly precedence: Precedence;
  readonly history: ContentHistory;
  readonly counter: TokenCounter;
  readonly clock: Clock;
}

/** Makes a plan on a cache as it was just read. */
export type PlanMaker = (source: PlanSource, history: ContentHistory) => CachePlan | Promise<CachePlan>;

/** An entry with its value, read and checked. */
export interface FoundValue {
  readonly entry: CacheEntry;
  readonly bytes: Uint8Array;
}

/** An entry that was stored, and the cache as it was read back. */
export interface PutOutcome {
  readonly entry: CacheEntry;
  readonly snapshot: CacheSnapshot;
}

/**
 * What agents can do with a cache and a library, over the same core functions as the commands of the editor and the
 * command line. The MCP server, the editor's tools and the HTTP API are doors to this. Reading never deletes, not
 * even what has expired. Throws `AgentError`.
 */
export class AgentCache {
  readonly precedence: Precedence;
  readonly counter: TokenCounter;
  readonly clock: Clock;
  readonly #options: AgentCacheOptions;
  #entries: EntryReader | undefined;

  constructor(options: AgentCacheOptions) {
    this.#options = options;
    this.precedence = options.precedence;
    this.counter = options.counter;
    this.clock = options.clock;
  }

  get hasSandbox(): boolean {
    return this.#options.tree !== undefined;
  }

  async library(): Promise<Library> {
    return this.#options.library();
  }

  /** The library's instruction of a tag. */
  async libraryInstruction(tag: string): Promise<LibraryInstruction | undefined> {
    const key = keyOf(originalKeyOfTag(tag));
    const { instructions } = await this.library();
    return instructions.find((instruction) => sanitizeKey(originalKeyOfTag(instruction.tag)) === key);
  }

  /** The cache as it is now; an empty one where the sandbox has not stored anything yet. */
  async snapshot(): Promise<CacheSnapshot> {
    const tree = this.#tree();
    try {
      return await readSnapshot(tree, { clock: this.clock, sourceFiles: this.#options.sourceFiles });
    } catch (error) {
      if (isSourceError(error, 'not-found')) {
        return emptySnapshot(tree, this.clock.now());
      }
      throw unavailable(error);
    }
  }

  /** The live entry of a key with its value; an `AgentError` with `expired` or `not-found` where there is none. */
  async get(scope: ScopeName, originalKey: string): Promise<FoundValue> {
    const key = keyOf(originalKey);
    const found = await this.#find(scope, key);
    if (found.kind === 'unreadable') {
      throw new AgentError('unavailable', found.problem, 'Ask a person to repair the index.');
    }
    if (found.kind === 'absent') {
      throw new AgentError('not-found', `Key '${originalKey}' not found in scope '${scope}'`);
    }
    const { entry } = found;
    if (entry.states.includes('expired')) {
      throw new AgentError('expired', `Key '${originalKey}' in scope '${scope}' expired at ${entry.expiresAt ?? ''}`);
    }
    const { value } = found;
    if (value instanceof SourceError) {
      throw isSourceError(value, 'not-found')
        ? new AgentError('not-found', `Key '${originalKey}' not found in scope '${scope}'`, '', { cause: value })
        : unavailable(value);
    }
    return { entry, bytes: value };
  }

  /** Stores a value; makes room among expired entries of the scope first when the quota asks for it. */
  async put(request: PutRequest): Promise<PutOutcome> {
    const { scope, originalKey, bytes } = request;
    if (bytes.byteLength > maxValueBytes) {
      throw new AgentError('invalid', `The value has ${bytes.byteLength} bytes; ${maxValueBytes} is the most.`);
    }
    keyOf(originalKey);
    let snapshot = await this.snapshot();
    const used = snapshot.scopes.find((each) => each.scope === scope)?.usedBytes ?? 0;
    if (used + bytes.byteLength > rulesOf(scope).quotaBytes) {
      await this.apply((source) => planPrune(source, { scope }));
      snapshot = await this.snapshot();
      assertRoom(snapshot, request);
    }
    const report = await this.applyPlanned(planned(() => planPut({ tree: this.#tree(), snapshot }, request)));
    const failed = report.results.find(({ outcome }) => outcome === 'failed');
    if (failed !== undefined) {
      throw new AgentError('failed', failed.message ?? `'${originalKey}' was not stored.`);
    }
    const after = await this.snapshot();
    const entry = findEntry(after, scope, usableKey(originalKey));
    if (entry === undefined) {
      throw new AgentError('failed', `'${originalKey}' was stored and is gone again.`, 'Store it again.');
    }
    return { entry, snapshot: after };
  }

  /** Makes a plan on the cache as it is now, without applying it. */
  async plan(make: PlanMaker): Promise<CachePlan> {
    const snapshot = await this.snapshot();
    return planned(() => make({ tree: this.#tree(), snapshot }, this.#options.history));
  }

  /** Makes a plan and applies it. */
  async apply(make: PlanMaker): Promise<ApplyReport> {
    return this.applyPlanned(await this.plan(make));
  }

  /** Applies a plan that was made here, in full where it does not say otherwise. */
  async applyPlanned(plan: CachePlan): Promise<ApplyReport> {
    const { history } = this.#options;
    try {
      return await applyPlan(plan, { tree: this.#tree(), history, clock: this.clock });
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** By its scope's index; a summary by everything that it may sum up, too. */
  async #find(scope: ScopeName, key: string): Promise<EntryReading> {
    this.#entries ??= new EntryReader(this.#tree(), this.clock);
    try {
      const found = await this.#entries.read(scope, key);
      if (found.kind !== 'indexed' || !isSummary({ scope, key })) {
        return found;
      }
      const entry = findEntry(await this.snapshot(), scope, key);
      return entry === undefined ? { kind: 'absent' } : { ...found, entry };
    } catch (error) {
      if (isSourceError(error, 'not-found')) {
        return { kind: 'absent' };
      }
      throw unavailable(error);
    }
  }

  #tree(): FileTree {
    const { tree } = this.#options;
    if (tree === undefined) {
      throw new AgentError(
        'unavailable',
        'No sandbox cache is connected.',
        'Only the instructions of the library can be fetched.',
      );
    }
    return tree;
  }
}

/** The quota as the original reckons it: the entry that would be overwritten counts, too. */
function assertRoom(snapshot: CacheSnapshot, { scope, bytes }: PutRequest): void {
  const used = snapshot.scopes.find((each) => each.scope === scope)?.usedBytes ?? 0;
  const { quotaBytes } = rulesOf(scope);
  if (used + bytes.byteLength > quotaBytes) {
    throw new AgentError(
      'quota',
      `Scope '${scope}' holds ${used} of ${quotaBytes} bytes; ${bytes.byteLength} more do not fit.`,
      'Remove what is no longer needed, or store less.',
    );
  }
}

/** The sanitized key; `invalid` where there is none. */
function keyOf(originalKey: string): string {
  return planned(() => usableKey(originalKey));
}

function planned<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw error instanceof Error
      ? new AgentError('invalid', error.message, nextStepOf(error), { cause: error })
      : error;
  }
}

function unavailable(error: unknown): unknown {
  return isSourceError(error) ? new AgentError('unavailable', error.message, error.nextStep, { cause: error }) : error;
}

function nextStepOf(error: Error): string {
  return 'nextStep' in error && typeof error.nextStep === 'string' ? error.nextStep : '';
}
