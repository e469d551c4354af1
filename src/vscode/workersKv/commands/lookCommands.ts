import { commands, env, ThemeIcon } from 'vscode';
import type { Severity } from '../../../core/findings';
import { kvGroupings } from '../../../core/workersKv/groups';
import { escapeMarkdown, formatBytes } from '../../format';
import { openMetadata } from '../openMetadata';
import { pickKvCache } from '../kvTools';
import type { KvTools } from '../kvTools';
import { imageUri } from '../kvDocuments';
import { listAnew, rowsOf } from '../kvTargets';
import type { KvCommand } from './kvCommand';

function clickedEntry(tools: KvTools, clicked: unknown, selected: unknown) {
  const row = rowsOf(tools, clicked, selected).find(({ kind }) => kind === 'entry');
  if (row?.kind !== 'entry') {
    return undefined;
  }
  const entry = tools.caches.state(row.cache).snapshot?.entries.find(({ key }) => key === row.key);
  return entry === undefined ? undefined : { cache: row.cache, entry };
}

/** Opens what is known of an entry as a document; its value is not read. */
export const openKvMetadata: KvCommand = {
  id: 'contextCache.openKvMetadata',
  run: async (tools, clicked, selected) => {
    const found = clickedEntry(tools, clicked, selected);
    if (found !== undefined) {
      await openMetadata(found.cache, found.entry.key);
    }
  },
};

/** Shows an image; of anything else, such as a video, what is known of it, since its value would be loaded whole. */
export const openKvValue: KvCommand = {
  id: 'contextCache.openKvValue',
  run: async (tools, clicked, selected) => {
    const found = clickedEntry(tools, clicked, selected);
    if (found === undefined) {
      return;
    }
    const { cache, entry } = found;
    const image = imageUri(cache, entry);
    if (image !== undefined) {
      await commands.executeCommand('vscode.open', image);
      return;
    }
    await openMetadata(cache, entry.key);
    const size = entry.sizeBytes === undefined ? 'of unknown size' : formatBytes(entry.sizeBytes);
    const type = entry.contentType ?? 'unknown type';
    void tools.services.prompts.tell(
      'information',
      `The value (${type}, ${size}) is not loaded here: this is what is known of it. “context-cache kv get --output” writes it to a file.`,
    );
  },
};

export const copyKvKey: KvCommand = {
  id: 'contextCache.copyKvKey',
  run: async (tools, clicked, selected) => {
    const keys = rowsOf(tools, clicked, selected).flatMap((row) => (row.kind === 'entry' ? [row.key] : []));
    if (keys.length > 0) {
      await env.clipboard.writeText(keys.join('\n'));
    }
  },
};

/** Every bump of an entry's version that was made or seen from here. */
export const showKvVersions: KvCommand = {
  id: 'contextCache.showKvVersions',
  run: async (tools, clicked, selected) => {
    const found = clickedEntry(tools, clicked, selected);
    if (found === undefined) {
      return;
    }
    const { cache, entry } = found;
    const address = { sourceId: cache.id, scope: 'versions', key: entry.versionKey };
    const rows = [...(await tools.history.versions(address))].reverse().map(({ seenMs, content, author }) => {
      const metadata = content?.entry === undefined ? undefined : (JSON.parse(content.entry) as { version?: unknown });
      const version = typeof metadata?.version === 'number' ? `v${metadata.version}` : 'none';
      return `| ${new Date(seenMs).toISOString()} | ${version} | ${author === 'sandbox' ? 'seen' : 'written from here'} |`;
    });
    const table =
      rows.length === 0
        ? 'No bump was made from here.'
        : `| When | Version | |\n| --- | --- | --- |\n${rows.join('\n')}`;
    await tools.services.reports.show(
      'workers-kv-versions',
      `# Versions of ${escapeMarkdown(entry.key)}\n\nNow ${entry.version?.version === undefined ? 'without a version record' : `v${entry.version.version}`}, under ${escapeMarkdown(entry.versionKey)}.\n\n${table}\n`,
    );
  },
};

/** By what entries stand together in the view. */
export const groupKvEntries: KvCommand = {
  id: 'contextCache.groupKvEntries',
  run: async ({ services, options }) => {
    const items = kvGroupings.map((grouping) => ({
      label: `By ${grouping}`,
      description: grouping === options.grouping ? 'now' : '',
      grouping,
    }));
    const picked = await services.prompts.pick(items, {
      title: 'Group Workers KV Entries',
      placeHolder: 'What do entries stand together by?',
    });
    if (picked !== undefined) {
      await options.setGrouping(picked.grouping);
    }
  },
};

const icons: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'info' };

/** What is wrong in a namespace; a finding leads to the metadata of its entry. */
export const showKvFindings: KvCommand = {
  id: 'contextCache.showKvFindings',
  run: async (tools, clicked, selected) => {
    const title = 'Workers KV Findings';
    const cache = await pickKvCache(tools, rowsOf(tools, clicked, selected)[0]?.cache, title);
    if (cache === undefined) {
      return undefined;
    }
    const snapshot = await listAnew(tools, cache);
    const { findings } = tools.caches.state(cache);
    if (findings.length === 0) {
      void tools.services.prompts.tell('information', `${cache.target.name}: nothing was found.`);
      return findings;
    }
    const picked = await tools.services.prompts.pick(
      findings.map((finding) => ({
        label: finding.message,
        description: finding.id,
        ...(finding.fix === undefined ? {} : { detail: finding.fix }),
        iconPath: new ThemeIcon(icons[finding.severity]),
        finding,
      })),
      { title: `${title}: ${cache.target.name}`, placeHolder: `${findings.length} findings, worst first` },
    );
    const key = picked?.finding.key;
    if (key !== undefined && snapshot.entries.some((entry) => entry.key === key)) {
      await openMetadata(cache, key);
    }
    return findings;
  },
};
