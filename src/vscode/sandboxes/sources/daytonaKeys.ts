import type { SecretStorage } from 'vscode';
import { daytonaAddress } from '../../../core/sources/kinds/daytonaKind';
import { safeAddress } from '../../../core/safeAddress';

/** Keys for Daytona, one for each address, so that none is ever sent to another one: in the editor's secret storage. */
export interface DaytonaKeys {
  /** @param address of the control plane; Daytona's own unless given */
  get(address?: string): Promise<string | undefined>;
  /** Throws a SourceError for an address that a key must not be sent to. */
  set(address: string, key: string): Promise<void>;
  remove(address: string): Promise<void>;
}

export function createDaytonaKeys(secrets: SecretStorage): DaytonaKeys {
  const nameOf = (address: string): string =>
    `contextCache.daytonaKey.${safeAddress(address, { name: 'Daytona', example: daytonaAddress })}`;
  return {
    get: async (address = daytonaAddress) => secrets.get(nameOf(address)),
    set: async (address, key) => secrets.store(nameOf(address), key),
    remove: async (address) => secrets.delete(nameOf(address)),
  };
}
