import { UserError } from '../../../core/errors';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { pickOne } from '../pickers';
import type { SandboxTools } from '../sandboxTools';
import { addressOf, complaintAboutKey } from '../sources/daytonaSource';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Keeps a key for Daytona in the editor's secret storage. */
export const setDaytonaKey: SandboxCommand = {
  id: 'contextCache.setDaytonaKey',
  run: async (tools, clicked, selected) => {
    const { prompts } = tools.services;
    const address = await pickAddress(tools, clicked, selected, 'A key for which Daytona?', addressesOf(tools));
    if (address === undefined) {
      return;
    }
    const key = await prompts.input({
      title: 'Key for Daytona',
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

/** Forgets a key for Daytona. */
export const removeDaytonaKey: SandboxCommand = {
  id: 'contextCache.removeDaytonaKey',
  run: async (tools, clicked, selected) => {
    const { keys } = tools.remotes;
    const known: string[] = [];
    for (const address of addressesOf(tools)) {
      if ((await keys.get(address)) !== undefined) {
        known.push(address);
      }
    }
    if (known.length === 0) {
      throw new UserError('There is no key for Daytona.', 'Set one with "Set Daytona API Key".');
    }
    const address = await pickAddress(tools, clicked, selected, 'The key for which Daytona is removed?', known);
    if (address !== undefined) {
      await keys.remove(address);
      void tools.services.prompts.tell('information', `The key for ${address} is removed.`);
    }
  },
};

/** Daytona's own address and those of the settings. */
function addressesOf({ services }: SandboxTools): readonly string[] {
  const settings = services.settings.get('contextCache.sandboxes.remotes').filter(({ kind }) => kind === 'daytona');
  return [...new Set([daytonaAddress, ...settings.map(addressOf)])];
}

async function pickAddress(
  tools: SandboxTools,
  clicked: unknown,
  selected: unknown,
  placeHolder: string,
  addresses: readonly string[],
): Promise<string | undefined> {
  const sandbox = targetPlace(tools, clicked, selected)?.sandbox;
  if (sandbox?.kind === 'daytona') {
    return addressOf(sandbox.setting ?? {});
  }
  return addresses.length === 1
    ? addresses[0]
    : pickOne(tools, addresses, (label) => ({ label }), { title: 'Key for Daytona', placeHolder });
}
