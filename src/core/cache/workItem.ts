import { describeError, isSourceError, UserError } from '../errors';
import { markOf } from './changes';
import type { CacheChange } from './changes';
import { isSafeName } from './entryStates';
import { fingerprintOfSha256, sha256Hex } from './fingerprint';
import { assertUsableKey } from './keys';
import type { EffectResult } from './plan';
import { isPythonObject } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';
import { indexStyle, printPython } from './pythonJsonPrint';
import { maxValueBytes, rulesOf } from './scopes';
import { collidingName } from './scopeState';
import type { ScopeState } from './scopeState';

/** One change on its way into a scope. */
export class WorkItem {
  readonly id: string;
  readonly change: CacheChange;
  /** The value to write, once it was read. */
  value: { readonly bytes: Uint8Array; readonly sha256: string } | undefined;
  /** The value that it replaces or removes: a hash of kept bytes, or undefined for none; set by `prepared`. */
  before: { readonly sha256: string | undefined; readonly sizeBytes: number } | undefined;
  /** The entry as the latest attempt found it. */
  entryFound: PythonValue | undefined;
  /** The entry that is replaced or removed: the latest one found that was not our own. */
  entryBefore: PythonValue | undefined;
  /** The entry as the latest attempt writes it; undefined = none. */
  entryAfter: PythonObject | undefined;
  /** The new value is read, and the one that it replaces is kept; again after a conflict. */
  prepared = false;
  /** Something of it may stand in the sandbox. */
  started = false;
  /** The value's file may be ours from here on, also when writing it failed half-way. */
  valueAttempted = false;
  /** The value's file is ours, and the index has to follow. */
  valueWritten = false;
  /** From here on the entry is gone from the index, and the value's file may follow. */
  entryRemoved = false;
  /** We removed a value that another writer's new entry names: it has to go back. */
  owesValue = false;
  /** What a person should know although it succeeds. */
  note: string | undefined;
  result: EffectResult | undefined;

  constructor(id: string, change: CacheChange) {
    this.id = id;
    this.change = change;
  }

  get writesValue(): boolean {
    return typeof this.change.value === 'function';
  }

  get removesValue(): boolean {
    return this.change.value === 'remove';
  }

  done(message?: string): void {
    this.result = { id: this.id, outcome: 'done', ...(message === undefined ? {} : { message }) };
  }

  fail(reason: unknown): void {
    const message = typeof reason === 'string' ? reason : describeError(reason);
    this.result = { id: this.id, outcome: 'failed', message };
  }

  skip(message: string): void {
    this.result = { id: this.id, outcome: 'skipped', message };
  }

  /** Reads the new value and checks its size; undefined when the change writes none. */
  async load(): Promise<Uint8Array | undefined> {
    if (typeof this.change.value !== 'function') {
      return undefined;
    }
    const bytes = await this.change.value();
    if (bytes.byteLength > maxValueBytes) {
      throw new UserError(
        `The value has ${bytes.byteLength} bytes; the largest that a cache takes is ${maxValueBytes}.`,
        'Shorten it, or keep it outside the cache.',
      );
    }
    this.value = { bytes, sha256: sha256Hex(bytes) };
    return bytes;
  }

  /**
   * Works out the new entry from the present state and puts it into the state's document; throws a `UserError` when
   * the change can't or may not be made.
   */
  edit(state: ScopeState, folded: ReadonlyMap<string, readonly string[]>, nowMs: number): void {
    const { change } = this;
    const present = state.entries.get(change.key);
    this.entryFound = state.document.get(change.key);
    if (this.entryAfter !== undefined && sameEntry(this.entryFound, this.entryAfter)) {
      return; // An earlier attempt got so far.
    }
    if (
      !this.valueWritten &&
      !this.entryRemoved &&
      change.expected !== undefined &&
      change.expected !== markOf(present)
    ) {
      throw new UserError(
        `${change.scope}/${change.key} was changed in the meantime by another writer.`,
        'Refresh, look at it again, and repeat the command if it still applies.',
      );
    }
    this.#checkName(state, folded);
    this.entryBefore = this.entryFound ?? this.entryBefore;
    const current = isPythonObject(this.entryFound) ? this.entryFound : undefined;
    if (change.entry === undefined) {
      this.entryAfter = current;
      return;
    }
    const value =
      this.value === undefined
        ? undefined
        : { sizeBytes: this.value.bytes.byteLength, fingerprint: fingerprintOfSha256(this.value.sha256) };
    this.entryAfter = change.entry(current, { nowMs, value });
    if (this.entryAfter === undefined) {
      state.document.delete(change.key);
    } else {
      state.document.putRecord(change.key, this.entryAfter);
    }
  }

  #checkName(state: ScopeState, folded: ReadonlyMap<string, readonly string[]>): void {
    const { key, scope } = this.change;
    if (!isSafeName(key)) {
      throw new UserError(`${JSON.stringify(key)} is not the name of a value.`, 'Repair the index to drop the entry.');
    }
    const isNew = !state.files.has(key) && !state.entries.has(key);
    if (isNew && this.writesValue) {
      assertUsableKey(key);
    }
    const other = this.change.value === undefined && !isNew ? undefined : collidingName(state, key, folded);
    if (other !== undefined) {
      throw new UserError(
        `${scope}/${key} and ${scope}/${other} are one file where upper and lower case do not differ.`,
        'Use a key that differs by more than case or accents.',
      );
    }
  }
}

/** The sum of all indexed sizes, as the original writer reckons a scope's quota. */
export function indexedBytes(state: ScopeState): number {
  let sum = 0;
  for (const entry of state.entries.values()) {
    sum += entry.sizeBytes ?? 0;
  }
  return sum;
}

/** Refuses a value that the original writer would refuse; `usedBytes` includes the value that is replaced. */
export function checkQuota(change: CacheChange, usedBytes: number, newBytes: number): void {
  const { quotaBytes } = rulesOf(change.scope);
  if (change.checkQuota === true && usedBytes + newBytes > quotaBytes) {
    throw new UserError(
      `${change.scope} would hold ${usedBytes + newBytes} of ${quotaBytes} bytes, the replaced value included.`,
      'Prune expired entries or invalidate some first.',
    );
  }
}

/** Whether two entries are the same to the byte. */
export function sameEntry(a: PythonValue | undefined, b: PythonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : printPython(a, indexStyle) === printPython(b, indexStyle);
}

/** Failures that every following item would meet too. */
export function endsTheOperation(error: unknown): boolean {
  return isSourceError(error, 'auth', 'asleep', 'quota', 'unavailable', 'timeout', 'unsupported', 'cancelled');
}
