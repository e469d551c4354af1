import type { ScanRequest } from '../fileTree';
import { indexName } from './keys';
import { scopeNames } from './model';
import { seedFlagName } from './scopes';

/** Everything about a cache but its values, in one look: the root, the scopes, their indexes, the seed flag. */
export const cacheListing: ScanRequest & { readonly folders: readonly string[]; readonly files: readonly string[] } = {
  folders: ['', ...scopeNames],
  files: [seedFlagName, ...scopeNames.map((scope) => `${scope}/${indexName}`)],
};
