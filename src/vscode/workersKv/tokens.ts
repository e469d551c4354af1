import type { SecretStorage } from 'vscode';
import { cloudflareApi } from '../../core/workersKv/transport';

/**
 * API tokens in the editor's secret storage, and nowhere else: one for each address, so that none is ever sent to
 * another address than the one that it was given for.
 */
export class KvTokens {
  private readonly secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.secrets = secrets;
  }

  async get(baseUrl: string | undefined): Promise<string | undefined> {
    return this.secrets.get(secretName(baseUrl));
  }

  async set(baseUrl: string | undefined, token: string): Promise<void> {
    await this.secrets.store(secretName(baseUrl), token);
  }

  async remove(baseUrl: string | undefined): Promise<void> {
    await this.secrets.delete(secretName(baseUrl));
  }
}

function secretName(baseUrl: string | undefined): string {
  return `contextCache.cloudflareToken.${baseUrl ?? cloudflareApi}`;
}

/** What is wrong with the text of a token; undefined when nothing is. */
export function complaintAboutToken(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text.trim()) ? undefined : 'Enter the token, without spaces.';
}
