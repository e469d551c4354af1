import { safeAddress } from '../../safeAddress';
import { httpKeyHeaders } from '../httpCacheApi';
import type { HttpKeyHeader } from '../httpCacheApi';
import { HttpTree } from '../httpTree';
import { fieldError, readText } from './fields';
import type { RawFields } from './fields';
import type { NamedSource, TreeKind } from './treeKind';

/** A sandbox's cache behind the original's HTTP API. The key is never a part of it. */
export interface HttpConfig extends NamedSource {
  readonly kind: 'http';
  /** Address of the cache; it decides where the key goes, so it comes from the user alone. */
  readonly url: string;
  /** How the key is sent; `authorization` (as a bearer token) unless given. */
  readonly keyHeader?: HttpKeyHeader;
}

const example = 'https://host/api/sandboxes/ID/kv-cache';

export const httpKind: TreeKind<HttpConfig> = {
  parse: (fields, name) => {
    const keyHeader = readKeyHeader(fields);
    return { kind: 'http', name, url: readUrl(fields), ...(keyHeader === undefined ? {} : { keyHeader }) };
  },
  open: ({ name, url, keyHeader }, { httpKey }) =>
    new HttpTree({
      url,
      label: name,
      key: async () => httpKey?.(url),
      ...(keyHeader === undefined ? {} : { keyHeader }),
    }),
  place: ({ url }) => url,
};

function readUrl(fields: RawFields): string {
  const text = readText(fields, 'url', example);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw fieldError(fields, 'url', 'holds a user or a password', 'Leave it out: the key is given elsewhere.');
  }
  if (url !== undefined && (url.search !== '' || url.hash !== '')) {
    throw fieldError(fields, 'url', 'has a query', `Give the address alone, such as ${example}.`);
  }
  return safeAddress(text, { name: 'the HTTP API', example });
}

function readKeyHeader(fields: RawFields): HttpKeyHeader | undefined {
  const value = fields['keyHeader'];
  const header = httpKeyHeaders.find((name) => name === value);
  if (value !== undefined && header === undefined) {
    throw fieldError(fields, 'keyHeader', 'is unknown', `Use one of: ${httpKeyHeaders.join(', ')}.`);
  }
  return header;
}
