import { ThemeIcon } from 'vscode';
import type { Uri } from 'vscode';
import { describeAuthor } from '../../core/cache/history';
import type { ContentVersion } from '../../core/cache/history';
import { fingerprintOf } from '../../core/cache/fingerprint';
import { isSourceError, UserError } from '../../core/errors';
import { formatBytes } from '../format';
import { cacheUri } from './documents/cacheUri';
import { formatDuration } from './format';
import { pickOne } from './pickers';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';
import type { EntryTarget } from './targets';

/** A version whose content is kept. */
export type KeptVersion = ContentVersion & { readonly content: { readonly sha256: string } };

/** The versions of a key, newest first, the content that the sandbox holds now among them. */
export async function versionsOf(tools: SandboxTools, target: EntryTarget): Promise<readonly ContentVersion[]> {
  const { history } = tools;
  const { sandbox, entry } = target;
  const { scope, key } = entry;
  const bytes = entry.fileBytes === undefined ? undefined : await readIfAtHand(sandbox, `${scope}/${key}`);
  if (bytes !== undefined) {
    const sha256 = await history.keep(bytes);
    const content = { fingerprint: fingerprintOf(bytes), sizeBytes: bytes.byteLength, sha256 };
    await history.record(sandbox.tree.id, [{ scope, key, author: 'sandbox', content }]);
  }
  return [...(await history.versions({ sourceId: sandbox.tree.id, scope, key }))].reverse();
}

/** Out of reach, a value may never have been fetched: its earlier versions can be looked at all the same. */
async function readIfAtHand(sandbox: Sandbox, path: string): Promise<Uint8Array | undefined> {
  try {
    return await sandbox.tree.read(path);
  } catch (error) {
    if (sandbox.tree.offline === undefined || !isSourceError(error, 'unavailable')) {
      throw error;
    }
    return undefined;
  }
}

export async function pickVersion(
  tools: SandboxTools,
  target: EntryTarget,
  versions: readonly ContentVersion[],
  options: { readonly title: string; readonly placeHolder: string },
): Promise<KeptVersion | undefined> {
  if (versions.length === 0) {
    throw new UserError(
      `No version of ${target.entry.originalKey} is known.`,
      'Versions are kept from the first time that a content is seen or written.',
    );
  }
  const nowMs = tools.services.clock.now();
  const picked = await pickOne(tools, versions, (version) => versionItem(version, nowMs), options);
  if (picked === undefined) {
    return undefined;
  }
  if (!isKept(picked)) {
    throw new UserError(
      `The content of version ${picked.number} was not kept.`,
      picked.content === undefined ? 'At that time the entry was removed.' : 'Choose another version.',
    );
  }
  return picked;
}

export function isKept(version: ContentVersion): version is KeptVersion {
  return version.content?.sha256 !== undefined;
}

export function versionUri({ sandbox, entry }: EntryTarget, version: KeptVersion): Uri {
  return cacheUri(sandbox.id, entry.scope, entry.key, { version: version.content.sha256 });
}

function versionItem(
  version: ContentVersion,
  nowMs: number,
): {
  label: string;
  description: string;
  detail: string;
  iconPath: ThemeIcon;
} {
  const { number, label, pinned, author, content, seenMs } = version;
  const age = `${formatDuration(nowMs - seenMs)} ago`;
  return {
    label: `Version ${number}${label === undefined ? '' : ` — ${label}`}`,
    description: content === undefined ? `removed, ${age}` : `${formatBytes(content.sizeBytes)}, ${age}`,
    detail: `${describeAuthor(author)}, ${new Date(seenMs).toISOString()}${content === undefined ? '' : `, ${content.fingerprint}`}`,
    iconPath: new ThemeIcon(content === undefined ? 'circle-slash' : pinned ? 'pinned' : 'git-commit'),
  };
}
