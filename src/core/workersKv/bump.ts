import type { WorkOptions } from '../ports';
import { isRecord } from './answers';
import { applyChanges } from './changes';
import type { KvContext } from './changes';
import type { KvEntry, KvSnapshot, KvVersion } from './model';
import type { KvReport } from './report';

export interface KvBumpItem {
  readonly versionKey: string;
  /** Every entry that the version record counts for, chosen or not. */
  readonly entryKeys: readonly string[];
  readonly present: KvVersion | undefined;
  readonly from: number | undefined;
  readonly to: number;
}

export interface KvBumpPlan {
  readonly title: string;
  readonly items: readonly KvBumpItem[];
  /** What a person should know before saying yes. */
  readonly warnings: readonly string[];
}

/**
 * Raises the versions of entries by one, above what the record and the entries themselves say; entries that share a
 * record are bumped together, once. The entries become stale and are made again when they are asked for.
 */
export function planKvBump(snapshot: KvSnapshot, chosen: readonly KvEntry[], what: string): KvBumpPlan {
  const wanted = new Set(chosen.map(({ versionKey }) => versionKey));
  const sharing = new Map<string, KvEntry[]>();
  for (const entry of snapshot.entries) {
    if (wanted.has(entry.versionKey)) {
      sharing.set(entry.versionKey, [...(sharing.get(entry.versionKey) ?? []), entry]);
    }
  }
  const items = [...wanted].map((versionKey): KvBumpItem => {
    const entries = sharing.get(versionKey) ?? [];
    const present = snapshot.versions?.get(versionKey);
    const known = [present?.version, ...entries.map(({ entryVersion }) => entryVersion)].filter(
      (version) => version !== undefined,
    );
    return {
      versionKey,
      entryKeys: entries.map(({ key }) => key),
      present,
      from: present?.version,
      to: Math.max(0, ...known) + 1,
    };
  });
  const others = items.flatMap(({ entryKeys }) => entryKeys).length - new Set(chosen.map(({ key }) => key)).size;
  return {
    title: `Bump the version of ${what}`,
    items,
    warnings:
      others > 0
        ? [
            `${others} more entr${others === 1 ? 'y shares' : 'ies share'} a version record with these and will be bumped, too.`,
          ]
        : [],
  };
}

/** Writes the versions of a plan; a record that has changed since is left alone. */
export async function applyKvBump(plan: KvBumpPlan, context: KvContext, options: WorkOptions = {}): Promise<KvReport> {
  const nowMs = context.clock.now();
  return applyChanges(
    plan.title,
    plan.items.map(({ versionKey, present, to }) => ({
      scope: 'versions',
      key: versionKey,
      expected: present === undefined ? undefined : { metadata: present.metadata, expiration: present.expiration },
      wanted: {
        value: new Uint8Array(),
        metadata: {
          ...(isRecord(present?.metadata) ? present.metadata : {}),
          version: to,
          createdAt: present?.createdMs ?? nowMs,
          updatedAt: nowMs,
        },
        expiration: present?.expiration,
      },
    })),
    context,
    options,
  );
}
