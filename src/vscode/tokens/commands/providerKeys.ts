import { ConfigurationTarget } from 'vscode';
import { UserError } from '../../../core/errors';
import { countProviderIds, countProviders } from '../../../core/tokens/countProviders';
import type { CountProviderId } from '../../../core/tokens/countProviders';
import type { TokenTools } from '../tools';

/** Set Provider Key: asks for the provider, unless it is passed, and for the key, which goes into secret storage. */
export async function setProviderKey(tools: TokenTools, given: unknown): Promise<void> {
  const { services, vendors } = tools;
  const provider = await chooseProvider(tools, given, countProviderIds, 'Whose models are to be counted?');
  if (provider === undefined) {
    return;
  }
  const { label, keyVariable } = countProviders[provider];
  const key = await services.prompts.input({
    title: `Key for ${label}`,
    prompt: `An API key such as that of ${keyVariable}. It is kept in the editor’s secret storage.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (/^[\x21-\x7e]+$/.test(text.trim()) ? undefined : 'Enter the key, without spaces.'),
  });
  if (key === undefined) {
    return;
  }
  await vendors.keys.set(provider, key.trim());
  if (vendors.providersAreOn) {
    await services.prompts.tell('information', `The key for ${label} is kept.`);
    return;
  }
  const turnOn = 'Turn On';
  const choice = await services.prompts.tell(
    'information',
    `The key for ${label} is kept. Counts by providers are off: on, Explain Token Count and Count Tokens send the text to ${label}.`,
    turnOn,
  );
  if (choice === turnOn) {
    await services.settings.update('contextCache.tokens.providerCounts', true, ConfigurationTarget.Global);
  }
}

/** Remove Provider Key. */
export async function removeProviderKey(tools: TokenTools, given: unknown): Promise<void> {
  const { services, vendors } = tools;
  const known = await vendors.keys.known();
  if (known.length === 0) {
    throw new UserError('There is no key of a provider.', 'Add one with “Set Provider Key…”.');
  }
  const provider = await chooseProvider(tools, given, known, 'Whose key is to be removed?');
  if (provider !== undefined) {
    await vendors.keys.remove(provider);
    await services.prompts.tell('information', `The key for ${countProviders[provider].label} is removed.`);
  }
}

async function chooseProvider(
  { services }: TokenTools,
  given: unknown,
  among: readonly CountProviderId[],
  placeHolder: string,
): Promise<CountProviderId | undefined> {
  const passed = among.find((provider) => provider === given);
  if (passed !== undefined) {
    return passed;
  }
  const items = among.map((provider) => ({ provider, label: countProviders[provider].label }));
  return (await services.prompts.pick(items, { title: 'Counts by providers', placeHolder }))?.provider;
}
