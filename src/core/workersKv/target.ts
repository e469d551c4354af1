import { UserError } from '../errors';
import { cloudflareApi } from './transport';

/** Which namespaces of Workers KV make a cache. It holds no secret and can be kept in settings. */
export interface KvTarget {
  /** How a person calls it. */
  readonly name: string;
  /** Undefined on a local server, whose paths have no account. */
  readonly account: string | undefined;
  readonly namespace: string;
  /** The namespace that holds the versions; undefined = there are none. */
  readonly versionsNamespace: string | undefined;
  /** The zone whose edge cache is purged by tag along with the namespace; undefined = the edge is left alone. */
  readonly zone: string | undefined;
  /** Default: Cloudflare's. */
  readonly baseUrl: string | undefined;
}

/** Checks a description that somebody wrote. Throws a `UserError` that names the field. */
export function parseKvTarget(value: unknown): KvTarget {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(
      'The description of a Workers KV namespace is not an object.',
      'Write it as { "name": "…", "account": "…", "namespace": "…" }.',
    );
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (field: keyof KvTarget): string | undefined => {
    const found = fields[field];
    if (found === undefined || found === '') {
      return undefined;
    }
    if (typeof found !== 'string') {
      throw new UserError(`'${field}' of a Workers KV namespace is not a text.`, 'Write it in quotes.');
    }
    return found;
  };
  const id = (field: 'account' | 'namespace' | 'versionsNamespace' | 'zone'): string | undefined => {
    const found = text(field);
    if (found !== undefined && !/^[0-9A-Za-z_-]{1,64}$/.test(found)) {
      throw new UserError(
        `'${field}' of a Workers KV namespace is not an id: ${JSON.stringify(found.slice(0, 80))}.`,
        'Copy the id from the dashboard of Cloudflare: 32 hexadecimal digits.',
      );
    }
    return found;
  };
  const namespace = id('namespace');
  if (namespace === undefined) {
    throw new UserError('No namespace of Workers KV is named.', 'Give its id: 32 hexadecimal digits.');
  }
  const account = id('account');
  const given = text('baseUrl')?.replace(/\/+$/, '');
  const baseUrl = given === cloudflareApi ? undefined : given;
  if (account === undefined && baseUrl === undefined) {
    throw new UserError(
      'The account of the Workers KV namespace is not named.',
      'Give the id of the account at Cloudflare, or the base address of a local server.',
    );
  }
  const versionsNamespace = id('versionsNamespace');
  if (versionsNamespace === namespace) {
    throw new UserError(
      'The versions can’t lie in the namespace of the entries.',
      'Give the id of the namespace that holds the versions.',
    );
  }
  return { name: text('name') ?? namespace, account, namespace, versionsNamespace, zone: id('zone'), baseUrl };
}

/** Identifies the cache in histories and journals; stays the same when it is named anew. */
export function kvSourceId({ baseUrl, account, namespace }: KvTarget): string {
  return `workers-kv:${[baseUrl, account, namespace].filter((part) => part !== undefined).join('/')}`;
}

/** Where the cache lies, as a person would write it. */
export function kvPlace(target: KvTarget): string {
  const host = target.baseUrl === undefined ? '' : `${new URL(target.baseUrl).host}/`;
  return `workers-kv://${host}${target.account === undefined ? '' : `${target.account}/`}${target.namespace}`;
}
