import { SourceError, throwIfCancelled } from '../../errors';
import type { WorkOptions } from '../../ports';
import { markOfEntry } from '../changes';
import type { CachePlan } from '../changes';
import { removeEntry } from '../entryEdits';
import { isSafeName } from '../entryStates';
import { fingerprintOf } from '../fingerprint';
import type { ContentHistory, ContentVersion } from '../history';
import { IndexDocument } from '../indexDocument';
import type { CacheEntry, ScopeName, ScopeSnapshot } from '../model';
import { parsePython } from '../pythonJson';
import type { PythonObject, PythonValue } from '../pythonJson';
import { readInBatches } from '../readValues';
import { repairEntry } from '../repairEntry';
import type { ValueFacts } from '../repairEntry';
import { salvageIndex } from '../salvageIndex';
import { indexPath, present, valuePath } from '../scopeState';
import { countOf, PlanBuilder } from './planBuilder';
import type { PlanSource } from './planBuilder';

export interface RepairOptions extends WorkOptions {
  /** Only this scope. */
  readonly scope?: ScopeName;
}

/**
 * What would make a cache readable and true again. An index that can't be read is rebuilt from what is left of it, from
 * our history, and from the files; in one that can, entries are corrected, indexed or dropped one by one.
 */
export async function planRepair(
  source: PlanSource,
  history: ContentHistory,
  options: RepairOptions = {},
): Promise<CachePlan> {
  const builder = new PlanBuilder(source);
  for (const scope of source.snapshot.scopes) {
    if (options.scope !== undefined && scope.scope !== options.scope) {
      continue;
    }
    throwIfCancelled(options.signal);
    if (scope.index !== 'unreadable') {
      await addEntryRepairs(builder, source, scope, options);
    } else if (scope.indexSha256 === undefined) {
      builder.warn(scope.problem ?? `'${scope.scope}' can't be read.`);
    } else {
      await addRebuild(builder, source, scope, history, options);
    }
  }
  const count = countOf(builder.effects.length, 'repair', 'repairs');
  return builder.build(`Repair ${source.tree.label}: ${count}`);
}

async function addEntryRepairs(
  builder: PlanBuilder,
  source: PlanSource,
  scope: ScopeSnapshot,
  options: WorkOptions,
): Promise<void> {
  const values = await readValueFacts(source, scope, options);
  for (const entry of scope.entries) {
    const value = isSafeName(entry.key) ? values.get(entry.key) : undefined;
    if (value instanceof SourceError) {
      builder.warn(`${entry.scope}/${entry.key} can't be read: ${value.message}`);
    } else if (value === undefined) {
      addDrop(builder, entry);
    } else {
      addCorrection(builder, entry, value, source.snapshot.takenMs);
    }
  }
}

/** The value is gone, or the name never was one: only the entry goes. */
function addDrop(builder: PlanBuilder, entry: CacheEntry): void {
  if (entry.states.includes('orphan')) {
    return; // Vanished since it was listed.
  }
  const link = entry.states.includes('foreign') && !entry.states.includes('missing');
  builder.add(
    {
      scope: entry.scope,
      key: entry.key,
      action: 'delete',
      reason: link ? 'its file is a link' : 'its file is missing',
      selected: !link,
    },
    { author: 'repaired', expected: markOfEntry(entry), entry: removeEntry },
  );
}

function addCorrection(builder: PlanBuilder, entry: CacheEntry, value: ValueFacts, nowMs: number): void {
  const { repairs } = repairEntry(entry.scope, entry.key, entry.record, value, nowMs);
  if (repairs.length === 0) {
    return;
  }
  builder.add(
    {
      scope: entry.scope,
      key: entry.key,
      action: 'change-entry',
      reason: repairs.join(', '),
      selected: true,
    },
    {
      author: 'repaired',
      expected: markOfEntry(entry),
      entry: (current, context) => repairEntry(entry.scope, entry.key, current, value, context.nowMs).record,
    },
  );
}

async function addRebuild(
  builder: PlanBuilder,
  source: PlanSource,
  scope: ScopeSnapshot,
  history: ContentHistory,
  options: WorkOptions,
): Promise<void> {
  const path = indexPath(scope.scope);
  const scan = await source.tree.scan({ files: [path] }, { signal: options.signal });
  const broken = present(scan.files.get(path)) ?? new Uint8Array();
  const salvaged = salvageIndex(broken);
  const values = await readValueFacts(source, scope, options);
  const latest = new Map(
    (await history.latest(source.tree.id)).flatMap((version) =>
      version.scope === scope.scope ? [[version.key, version]] : [],
    ),
  );
  const document = new IndexDocument();
  const counts = { salvaged: 0, remembered: 0, derived: 0 };
  // In the order of what is left of the index, then by name.
  for (const key of new Set([...salvaged.keys(), ...values.keys()])) {
    const value = values.get(key);
    if (value === undefined || value instanceof SourceError || !isSafeName(key)) {
      continue;
    }
    const remembered = rememberedEntry(latest.get(key), value);
    const known = salvaged.get(key) ?? remembered;
    counts[salvaged.has(key) ? 'salvaged' : remembered === undefined ? 'derived' : 'remembered'] += 1;
    document.putRecord(key, repairEntry(scope.scope, key, known, value, source.snapshot.takenMs).record);
  }
  const index = document.print();
  builder.replace({
    scope: scope.scope,
    author: 'repaired',
    expectedSha256: scope.indexSha256,
    index,
    values: [],
  });
  builder.add({
    scope: scope.scope,
    key: '',
    action: 'rebuild-index',
    reason: `the index can't be read: ${counts.salvaged} entries read from it, ${counts.remembered} from the history, ${counts.derived} derived from files`,
    selected: true,
    before: () => Promise.resolve(broken),
    after: () => Promise.resolve(index),
    bytesBefore: broken.byteLength,
    bytesAfter: index.byteLength,
  });
}

/** The entry that our history recorded for exactly this content. */
function rememberedEntry(version: ContentVersion | undefined, value: ValueFacts): PythonValue | undefined {
  const content = version?.content;
  const entry: PythonObject | PythonValue | undefined =
    content?.entry !== undefined && content.fingerprint === value.fingerprint ? parsePython(content.entry) : undefined;
  return entry instanceof Map ? entry : undefined;
}

async function readValueFacts(
  source: PlanSource,
  scope: ScopeSnapshot,
  options: WorkOptions,
): Promise<ReadonlyMap<string, ValueFacts | SourceError>> {
  const facts = new Map<string, ValueFacts | SourceError>();
  const files = scope.files ?? [];
  const byPath = new Map(files.map((file) => [valuePath(scope.scope, file.name), file]));
  await readInBatches(
    source.tree,
    files.map((file) => ({ path: valuePath(scope.scope, file.name), sizeBytes: file.sizeBytes })),
    (path, content) => {
      const file = byPath.get(path)!;
      if (content instanceof SourceError) {
        facts.set(file.name, content);
      } else if (content !== undefined) {
        facts.set(file.name, {
          sizeBytes: content.byteLength,
          fingerprint: fingerprintOf(content),
          modifiedMs: file.modifiedMs === 0 ? undefined : file.modifiedMs,
        });
      }
    },
    options,
  );
  return facts;
}
