import { putEntry } from '../entryEdits';
import { markOfEntry } from '../changes';
import type { CachePlan, RootFileChange, RootFileOutcome } from '../changes';
import { effectId } from '../changes';
import type { ContentHistory } from '../history';
import { originalKeyOfTag } from '../keys';
import type { LibraryInstruction } from '../library';
import type { EffectAction } from '../plan';
import type { PythonObject } from '../pythonJson';
import { rulesOf, seedFlagName } from '../scopes';
import { mergeSeedFlag } from '../seedFlagFile';
import { seedStatuses } from '../seedStatus';
import type { SeedStatus } from '../seedStatus';
import { countOf, PlanBuilder, readerOf, spanText } from './planBuilder';
import type { PlanSource } from './planBuilder';

const scope = 'instructions';

export interface SeedOptions {
  /** Also replaces what was changed in the sandbox, and renews what is unchanged. */
  readonly force?: boolean;
}

/**
 * What seeding a library would do: create, update, leave unchanged, renew what has expired; what was changed in the
 * sandbox is a conflict, which only `force` or a person selects.
 */
export async function planSeed(
  source: PlanSource,
  instructions: readonly LibraryInstruction[],
  history: ContentHistory,
  options: SeedOptions = {},
): Promise<CachePlan> {
  const force = options.force === true;
  const statuses = await seedStatuses(source, instructions, history);
  const builder = new PlanBuilder(source);
  for (const status of statuses) {
    addEffect(builder, source, status, force);
  }
  const conflicts = statuses.filter((status) => isConflict(status));
  if (conflicts.length > 0 && !force) {
    const what = countOf(conflicts.length, 'instruction was', 'instructions were');
    builder.warn(`${what} changed in the sandbox and will be left alone unless chosen.`);
  }
  const title = `Seed ${countOf(statuses.length, 'instruction', 'instructions')} into ${source.tree.label}`;
  return builder.build(title, statuses.length === 0 ? undefined : seedFlagChange(statuses));
}

function addEffect(builder: PlanBuilder, source: PlanSource, status: SeedStatus, force: boolean): void {
  const { instruction, key, entry } = status;
  const { action, reason } = judge(status, source.snapshot.takenMs, force);
  builder.add(
    {
      scope,
      key,
      action,
      reason,
      selected: action !== 'unchanged' && (action !== 'conflict' || force),
      ...(entry?.fileBytes === undefined
        ? {}
        : { before: readerOf(source.tree, scope, key), bytesBefore: entry.fileBytes }),
      after: () => Promise.resolve(instruction.bytes),
      bytesAfter: instruction.bytes.byteLength,
    },
    action === 'unchanged'
      ? undefined
      : {
          author: 'seeded',
          expected: markOfEntry(entry),
          value: () => Promise.resolve(instruction.bytes),
          checkQuota: true,
          entry: putEntry({
            scope,
            key,
            originalKey: originalKeyOfTag(instruction.tag),
            contentType: 'text/markdown',
            ttlHours: instruction.ttlHours ?? rulesOf(scope).defaultTtlHours,
            metadata: metadataOf(instruction),
            ...(instruction.tags.length === 0 ? {} : { tags: instruction.tags }),
          }),
        },
  );
}

function judge(
  status: SeedStatus,
  nowMs: number,
  force: boolean,
): { readonly action: EffectAction; readonly reason: string } {
  const { entry, instruction, state } = status;
  switch (state) {
    case 'absent':
      return { action: 'create', reason: 'not in the sandbox yet' };
    case 'missing':
      return { action: 'update', reason: 'its file is missing' };
    case 'expired':
      return { action: 'update', reason: `expired ${spanText(nowMs - (entry?.expiresMs ?? nowMs))} ago` };
    case 'outdated':
      return { action: 'update', reason: 'the file has changed since it was seeded' };
    case 'changed':
      return { action: 'conflict', reason: 'changed in the sandbox since it was seeded' };
    case 'foreign':
      return { action: 'conflict', reason: 'put into the sandbox by something else' };
    case 'current': {
      if (entry?.state === 'orphan') {
        return { action: 'update', reason: 'it has no index entry' };
      }
      if (!describesInstruction(status)) {
        return { action: 'update', reason: 'its description has changed' };
      }
      if (entry?.states.some((held) => held === 'corrupt' || held === 'foreign') === true || hasProblems(status)) {
        return { action: 'update', reason: 'its index entry is damaged' };
      }
      const forced = `renewed by force, ${instruction.bytes.byteLength} bytes as they are`;
      return force ? { action: 'update', reason: forced } : { action: 'unchanged', reason: 'as in the library' };
    }
  }
}

function isConflict(status: SeedStatus): boolean {
  return status.state === 'changed' || status.state === 'foreign';
}

function hasProblems({ entry, instruction }: SeedStatus): boolean {
  return (entry?.problems?.length ?? 0) > 0 || entry?.fingerprint !== instruction.fingerprint;
}

function describesInstruction({ entry, instruction }: SeedStatus): boolean {
  return [...metadataOf(instruction)].every(([name, value]) => entry?.metadata[name] === value);
}

/** In the original writer's order. */
function metadataOf(instruction: LibraryInstruction): PythonObject {
  return new Map<string, string | boolean>([
    ['description', instruction.description],
    ['filename', instruction.filename],
    ['source', 'canonical_repository'],
    ['auto_seeded', true],
  ]);
}

/** The flag says that all were seeded: it is left alone while one of them still differs. */
function seedFlagChange(statuses: readonly SeedStatus[]): RootFileChange {
  return {
    path: seedFlagName,
    bytes: (current: Uint8Array | undefined, { nowMs, done }: RootFileOutcome) => {
      const unsettled = statuses.filter((status) => isConflict(status) && !done.has(effectId(scope, status.key)));
      const tags = statuses.map(({ instruction }) => instruction.tag);
      return unsettled.length > 0 ? current : mergeSeedFlag(current, tags, nowMs, done.size > 0);
    },
  };
}
