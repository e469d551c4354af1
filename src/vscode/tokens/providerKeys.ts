import type { SecretStorage } from 'vscode';
import { countProviderIds } from '../../core/tokens/countProviders';
import type { CountProviderId } from '../../core/tokens/countProviders';

/** The keys of providers that count tokens: in the editor's secret storage, and nowhere else. */
export class ProviderKeys {
  private readonly secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.secrets = secrets;
  }

  async get(provider: CountProviderId): Promise<string | undefined> {
    return this.secrets.get(secretName(provider));
  }

  async set(provider: CountProviderId, key: string): Promise<void> {
    await this.secrets.store(secretName(provider), key);
  }

  async remove(provider: CountProviderId): Promise<void> {
    await this.secrets.delete(secretName(provider));
  }

  /** The providers that have a key. */
  async known(): Promise<readonly CountProviderId[]> {
    const keys = await Promise.all(countProviderIds.map(async (provider) => this.get(provider)));
    return countProviderIds.filter((_, index) => keys[index] !== undefined);
  }
}

function secretName(provider: CountProviderId): string {
  return `contextCache.providerKey.${provider}`;
}
