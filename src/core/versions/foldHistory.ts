import type { ContentVersion } from '../cache/history';
import { isHistoryRecord } from './records';
import type { HistoryRecord, LabelRecord, PinRecord, VersionRecord } from './records';

/** The history of one source, put together from the records of all processes. */
export interface FoldedHistory {
  /** `<scope>/<key>` → its versions, oldest first. */
  readonly keys: ReadonlyMap<string, readonly ContentVersion[]>;
  /** The highest turn that a mark has taken. */
  readonly turn: number;
}

/** Scopes hold no slash, so that this is unique. */
export function addressOf(scope: string, key: string): string {
  return `${scope}/${key}`;
}

/**
 * Merges records, in whatever order and however often they occur. Two processes that saw the same content at the same
 * time make one version of it; two that took the same number for different contents are told apart.
 */
export function foldHistory(sourceId: string, records: readonly unknown[]): FoldedHistory {
  const facts = collectFacts(records.filter(isHistoryRecord));
  const keys = new Map<string, readonly ContentVersion[]>();
  for (const [address, ofKey] of facts.versions) {
    keys.set(address, foldKey(sourceId, [...ofKey.values()].sort(byNumber), facts));
  }
  return { keys, turn: facts.turn };
}

/** The fewest records that fold to the same history; keeps at most `versionsPerKey` of a key, pinned and labelled first. */
export function condense(sourceId: string, records: readonly unknown[], versionsPerKey: number): HistoryRecord[] {
  const { keys, turn } = foldHistory(sourceId, records);
  const condensed: HistoryRecord[] = [{ type: 'source', sourceId }];
  for (const versions of keys.values()) {
    const marked = versions.filter((version) => version.pinned || version.label !== undefined);
    const recent = versions.slice(-versionsPerKey);
    for (const version of new Set([...marked, ...recent])) {
      condensed.push({
        type: 'version',
        id: version.id,
        number: version.number,
        scope: version.scope,
        key: version.key,
        seenMs: version.seenMs,
        author: version.author,
        ...(version.content === undefined ? {} : { content: version.content }),
        ...(version.operationId === undefined ? {} : { operationId: version.operationId }),
      });
      if (version.label !== undefined) {
        condensed.push({ type: 'label', of: version.id, label: version.label, turn });
      }
      if (version.pinned) {
        condensed.push({ type: 'pin', of: version.id, pinned: true, turn });
      }
    }
  }
  return condensed;
}

interface Facts {
  /** By address, then by id. */
  readonly versions: Map<string, Map<string, VersionRecord>>;
  readonly labels: Map<string, LabelRecord>;
  readonly pins: Map<string, PinRecord>;
  turn: number;
}

function collectFacts(records: readonly HistoryRecord[]): Facts {
  const facts: Facts = { versions: new Map(), labels: new Map(), pins: new Map(), turn: 0 };
  for (const record of records) {
    switch (record.type) {
      case 'version': {
        const address = addressOf(record.scope, record.key);
        const ofKey = facts.versions.get(address) ?? new Map<string, VersionRecord>();
        facts.versions.set(address, ofKey.set(record.id, record));
        break;
      }
      case 'label':
        keepLater(facts.labels, record);
        facts.turn = Math.max(facts.turn, record.turn);
        break;
      case 'pin':
        keepLater(facts.pins, record);
        facts.turn = Math.max(facts.turn, record.turn);
        break;
      case 'source':
        break;
    }
  }
  return facts;
}

function keepLater<Mark extends { readonly of: string; readonly turn: number }>(
  marks: Map<string, Mark>,
  mark: Mark,
): void {
  const known = marks.get(mark.of);
  if (known === undefined || mark.turn >= known.turn) {
    marks.set(mark.of, mark);
  }
}

function byNumber(a: VersionRecord, b: VersionRecord): number {
  return a.number - b.number || a.seenMs - b.seenMs || (a.id < b.id ? -1 : 1);
}

function foldKey(sourceId: string, records: readonly VersionRecord[], facts: Facts): ContentVersion[] {
  const versions: ContentVersion[] = [];
  for (const record of records) {
    const version = toVersion(sourceId, record, facts);
    const previous = versions.at(-1);
    if (previous?.content?.fingerprint === version.content?.fingerprint && previous !== undefined) {
      versions[versions.length - 1] = merge(previous, version);
    } else {
      const number = Math.max(record.number, (previous?.number ?? 0) + 1);
      versions.push(number === version.number ? version : { ...version, number });
    }
  }
  return versions;
}

function toVersion(sourceId: string, record: VersionRecord, facts: Facts): ContentVersion {
  return {
    sourceId,
    scope: record.scope,
    key: record.key,
    id: record.id,
    number: record.number,
    seenMs: record.seenMs,
    author: record.author,
    content: record.content,
    operationId: record.operationId,
    label: facts.labels.get(record.id)?.label ?? undefined,
    pinned: facts.pins.get(record.id)?.pinned ?? false,
  };
}

/** The same content, recorded twice: who wrote it knows more about it than who saw it. */
function merge(first: ContentVersion, second: ContentVersion): ContentVersion {
  const known = first.author === 'sandbox' ? second : first;
  const content =
    first.content === undefined || second.content === undefined
      ? first.content
      : {
          ...first.content,
          ...second.content,
          ...(first.content.sha256 === undefined ? {} : { sha256: first.content.sha256 }),
        };
  return {
    ...first,
    author: known.author,
    operationId: known.operationId ?? first.operationId,
    content,
    label: first.label ?? second.label,
    pinned: first.pinned || second.pinned,
  };
}
