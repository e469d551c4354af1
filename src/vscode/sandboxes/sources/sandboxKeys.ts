import type { SecretStorage } from 'vscode';
import { safeAddress } from '../../../core/safeAddress';

/** Keys of sandboxes' APIs, one for each address, so that none is ever sent to another one: in secret storage. */
export interface SandboxKeys {
  /** @param address of the API, as the setting names it */
  get(address: string): Promise<string | undefined>;
  /** Throws a SourceError for an address that a key must not be sent to. */
  set(address: string, key: string): Promise<void>;
  remove(address: string): Promise<void>;
}

export function createSandboxKeys(secrets: SecretStorage): SandboxKeys {
  const nameOf = (address: string): string =>
    `contextCache.sandboxKey.${safeAddress(address, { name: 'a sandbox’s API', example: 'https://host/api' })}`;
  return {
    get: async (address) => secrets.get(nameOf(address)),
    set: async (address, key) => secrets.store(nameOf(address), key),
    remove: async (address) => secrets.delete(nameOf(address)),
  };
}

/** What is wrong with a key; undefined when nothing is. */
export function complaintAboutKey(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text.trim()) ? undefined : 'Enter the key, without spaces.';
}
