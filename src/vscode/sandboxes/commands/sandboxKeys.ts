import { UserError } from '../../../core/errors';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { pickOne } from '../pickers';
import type { SandboxTools } from '../sandboxTools';
import { complaintAboutKey } from '../sources/sandboxKeys';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Sandbox API Key';

/** Keeps the key of a sandbox's API in the editor's secret storage. */
export const setSandboxKey: SandboxCommand = {
  id: 'contextCache.setSandboxKey',
  run: async (tools, clicked, selected) => {
    const { prompts } = tools.services;
    const address =
      addressOfRow(tools, clicked, selected) ??
      (await pickAddress(tools, addressesOf(tools), 'A key for which address?'));
    if (address === undefined) {
      return;
    }
    const key = await prompts.input({
      title,
      prompt: `An API key for ${address}. It is kept in the editor’s secret storage.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: complaintAboutKey,
    });
    if (key !== undefined) {
      await tools.remotes.keys.set(address, key.trim());
      void prompts.tell('information', `The key for ${address} is kept.`);
      tools.store.refreshFailed();
    }
  },
};

/** Forgets the key of a sandbox's API. */
export const removeSandboxKey: SandboxCommand = {
  id: 'contextCache.removeSandboxKey',
  run: async (tools, clicked, selected) => {
    const { keys } = tools.remotes;
    const known: string[] = [];
    for (const address of addressesOf(tools)) {
      if ((await keys.get(address)) !== undefined) {
        known.push(address);
      }
    }
    if (known.length === 0) {
      throw new UserError('There is no key of a sandbox’s API.', 'Set one with "Set Sandbox API Key".');
    }
    const address =
      addressOfRow(tools, clicked, selected) ??
      (await pickAddress(tools, known, 'The key for which address is removed?'));
    if (address !== undefined) {
      await keys.remove(address);
      void tools.services.prompts.tell('information', `The key for ${address} is removed.`);
    }
  },
};

/** The addresses of the settings that take a key, and Daytona's own. */
function addressesOf({ services, kinds }: SandboxTools): readonly string[] {
  const settings = services.settings.get('contextCache.sandboxes.remotes');
  const named = settings.map((setting) => kinds.get(String(setting['kind']))?.keyAddress?.(setting));
  return [...new Set([...named.filter((address) => address !== undefined), daytonaAddress])];
}

function addressOfRow(tools: SandboxTools, clicked: unknown, selected: unknown): string | undefined {
  const sandbox = targetPlace(tools, clicked, selected)?.sandbox;
  return sandbox?.setting === undefined ? undefined : tools.kinds.get(sandbox.kind)?.keyAddress?.(sandbox.setting);
}

async function pickAddress(
  tools: SandboxTools,
  addresses: readonly string[],
  placeHolder: string,
): Promise<string | undefined> {
  return addresses.length === 1
    ? addresses[0]
    : pickOne(tools, addresses, (label) => ({ label }), { title, placeHolder });
}
