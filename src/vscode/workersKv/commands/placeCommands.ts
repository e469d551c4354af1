import { ConfigurationTarget } from 'vscode';
import { kvPlace } from '../../../core/workersKv/target';
import { rowsOf } from '../kvTargets';
import { pickKvCache } from '../kvTools';
import type { KvTools } from '../kvTools';
import { complaintAboutToken } from '../tokens';
import { parseKvTarget, kvSourceId } from '../../../core/workersKv/target';
import type { KvCommand } from './kvCommand';

const settingId = 'contextCache.workersKv.namespaces';

/** Takes a namespace out of the settings; nothing is deleted in Workers KV. */
export const removeKvNamespace: KvCommand = {
  id: 'contextCache.removeKvNamespace',
  run: async (tools, clicked, selected) => {
    const { services } = tools;
    services.trust.require('Removing a namespace');
    const cache = await pickKvCache(tools, rowsOf(tools, clicked, selected)[0]?.cache, 'Remove Workers KV Namespace');
    if (cache === undefined) {
      return;
    }
    const agreed = await services.prompts.confirm({
      message: `Remove ${cache.target.name} from the view?`,
      detail: `${kvPlace(cache.target)}\nIt leaves your settings; nothing is deleted in Workers KV.`,
      yes: 'Remove',
    });
    if (agreed) {
      const settings = services.settings.get(settingId).filter((setting) => idOf(setting) !== cache.id);
      await services.settings.update(settingId, settings, ConfigurationTarget.Global);
    }
  },
};

function idOf(setting: unknown): string | undefined {
  try {
    return kvSourceId(parseKvTarget(setting));
  } catch {
    // A setting that names no cache is left as it is.
    return undefined;
  }
}

/** Keeps an API token in the editor's secret storage, for the address of one namespace alone. */
export const setCloudflareToken: KvCommand = {
  id: 'contextCache.setCloudflareToken',
  run: async (tools, clicked, selected) => {
    const address = await pickAddress(tools, clicked, selected);
    if (address === undefined) {
      return;
    }
    const token = await tools.services.prompts.input({
      title: 'Cloudflare API Token',
      prompt: `A token for ${address.label} that may edit Workers KV storage. It is kept in the editor’s secret storage.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: complaintAboutToken,
    });
    if (token === undefined) {
      return;
    }
    await tools.tokens.set(address.baseUrl, token.trim());
    void tools.services.prompts.tell('information', `The token for ${address.label} is kept.`);
    const failed = tools.caches.caches.filter((cache) => tools.caches.state(cache).error !== undefined);
    await Promise.all(failed.map(async (cache) => tools.caches.refresh(cache)));
  },
};

export const removeCloudflareToken: KvCommand = {
  id: 'contextCache.removeCloudflareToken',
  run: async (tools, clicked, selected) => {
    const address = await pickAddress(tools, clicked, selected);
    if (address !== undefined) {
      await tools.tokens.remove(address.baseUrl);
      void tools.services.prompts.tell('information', `There is no token for ${address.label} any more.`);
    }
  },
};

interface Address {
  readonly label: string;
  readonly baseUrl: string | undefined;
}

function addressOf(baseUrl: string | undefined): Address {
  return { label: baseUrl ?? 'Cloudflare', baseUrl };
}

async function pickAddress(tools: KvTools, clicked: unknown, selected: unknown): Promise<Address | undefined> {
  const row = rowsOf(tools, clicked, selected)[0];
  if (row !== undefined) {
    return addressOf(row.cache.target.baseUrl);
  }
  const addresses = [...new Set([undefined, ...tools.caches.caches.map(({ target }) => target.baseUrl)])].map(
    addressOf,
  );
  return addresses.length === 1
    ? addresses[0]
    : tools.services.prompts.pick(addresses, { title: 'Cloudflare API Token', placeHolder: 'For which address?' });
}
