import { sha256Hex } from '../../cache/fingerprint';
import type { ContentVersion, KeyAddress } from '../../cache/history';
import type { VersionStore } from '../../versions/versionStore';
import { parseLock } from '../lock';
import type { PrefixDocument, PrefixPart } from '../prefix/document';
import type { LockRevision } from '../report/history';
import type { PromptVersion } from './promptVersion';

/** The newest ones that are listed; older ones go as the version store makes room. */
const mostSnapshots = 100;

/** What a snapshot keeps of each variant. */
interface StoredDocument {
  readonly text: string;
  readonly parts: readonly PrefixPart[];
}

/** A snapshot that was saved on this machine. */
export interface PromptSnapshot {
  readonly version: ContentVersion;
  /** Counts from 1 per prompt. */
  readonly number: number;
  /** ISO time in UTC. */
  readonly at: string;
  readonly label: string | undefined;
}

/**
 * Snapshots of prompts in the version store of this user: bounded as that is, deletable at any time.
 * @param store that of the per-user data folder
 */
export class PromptSnapshots {
  private readonly store: VersionStore;

  constructor(store: VersionStore) {
    this.store = store;
  }

  /**
   * Saves a version, and gives the snapshot that holds it: the latest one when nothing has changed since.
   * @param manifest absolute path or URI
   */
  async save(manifest: string, version: PromptVersion, label: string | undefined): Promise<PromptSnapshot> {
    const documents = Object.fromEntries(
      [...version.documents].map(([variant, { text, parts }]): [string, StoredDocument] => [variant, { text, parts }]),
    );
    const bytes = new TextEncoder().encode(JSON.stringify({ snapshotVersion: 1, lock: version.lock, documents }));
    const address = addressOf(manifest);
    const sha256 = await this.store.keep(bytes);
    const content = { fingerprint: sha256Hex(bytes).slice(0, 16), sizeBytes: bytes.length, sha256 };
    const { scope, key } = address;
    await this.store.record(address.sourceId, [{ scope, key, author: 'put', content }]);
    const saved = (await this.store.versions(address)).at(-1)!;
    if (label !== undefined) {
      await this.store.label(saved, label);
    }
    return { ...describe(saved), label: label ?? saved.label };
  }

  /** The snapshots of a prompt whose contents are still kept, newest first. */
  async list(manifest: string): Promise<readonly PromptSnapshot[]> {
    const newest = (await this.store.versions(addressOf(manifest))).slice(-mostSnapshots).reverse();
    const kept = await Promise.all(newest.map(async (version) => this.store.isKept(version)));
    return newest.filter((_, index) => kept[index]).map(describe);
  }

  /** Undefined when its content was dropped to save space, or is damaged. */
  async read({ version, number, label }: PromptSnapshot): Promise<PromptVersion | undefined> {
    const sha256 = version.content?.sha256;
    const bytes = sha256 === undefined ? undefined : await this.store.content(sha256);
    return bytes === undefined
      ? undefined
      : parseSnapshot(new TextDecoder().decode(bytes), label ?? `snapshot ${number}`);
  }

  /** The sizes of all snapshots of a prompt, for its history. */
  async revisions(manifest: string): Promise<readonly LockRevision[]> {
    const revisions: LockRevision[] = [];
    for (const snapshot of await this.list(manifest)) {
      const version = await this.read(snapshot);
      if (version !== undefined) {
        const label = snapshot.label ?? `number ${snapshot.number}`;
        revisions.push({ origin: 'snapshot', label, at: snapshot.at, lock: version.lock });
      }
    }
    return revisions;
  }
}

function addressOf(manifest: string): KeyAddress {
  return { sourceId: `prompt:${manifest}`, scope: 'prompts', key: 'snapshot' };
}

function describe(version: ContentVersion): PromptSnapshot {
  const { number, seenMs, label } = version;
  return { version, number, at: new Date(seenMs).toISOString(), label };
}

function parseSnapshot(text: string, label: string): PromptVersion | undefined {
  let value: { readonly snapshotVersion?: unknown; readonly lock?: unknown; readonly documents?: unknown };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  const lock = parseLock(JSON.stringify(value.lock));
  if (value.snapshotVersion !== 1 || lock === undefined) {
    return undefined;
  }
  const documents = Object.entries((value.documents ?? {}) as Readonly<Record<string, StoredDocument>>).map(
    ([variant, { text: own, parts }]): [string, PrefixDocument] => [
      variant,
      {
        label: `${lock.name}.${variant} (${label})`,
        text: own,
        parts,
        joint: true,
        format: undefined,
        model: undefined,
        messageSettings: undefined,
      },
    ],
  );
  return { label, lock, documents: new Map(documents) };
}
