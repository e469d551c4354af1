import { asRecord, parseEnvelope, strangeAnswer } from './answers';
import { KvNamespace } from './namespace';
import type { KvTarget } from './target';
import { KvTransport } from './transport';
import type { TransportOptions } from './transport';

/** Cloudflare takes no more of them in one purge. */
const tagsPerPurge = 100;

export interface NamespaceInfo {
  readonly id: string;
  readonly title: string;
}

/** The REST API of Workers KV for one cache: its two namespaces, and the edge of its zone. Throws SourceErrors. */
export class KvApi {
  readonly target: KvTarget;
  readonly entries: KvNamespace;
  readonly versions: KvNamespace | undefined;
  readonly #transport: KvTransport;

  /** The base address is the target's. */
  constructor(target: KvTarget, options: Omit<TransportOptions, 'baseUrl'>) {
    this.target = target;
    this.#transport = new KvTransport({ ...options, baseUrl: target.baseUrl });
    this.entries = new KvNamespace(this.#transport, namespacePath(target, target.namespace));
    this.versions =
      target.versionsNamespace === undefined
        ? undefined
        : new KvNamespace(this.#transport, namespacePath(target, target.versionsNamespace));
  }

  /** Deletes what carries one of the tags from the edge cache of the target's zone. */
  async purgeEdge(tags: readonly string[], signal?: AbortSignal): Promise<void> {
    if (this.target.zone === undefined) {
      throw new Error('A purge of the edge needs a zone.');
    }
    for (let start = 0; start < tags.length; start += tagsPerPurge) {
      await this.#transport.send(
        {
          method: 'POST',
          path: `/zones/${encodeURIComponent(this.target.zone)}/purge_cache`,
          body: { tags: tags.slice(start, start + tagsPerPurge) },
          signal,
        },
        async (response) => parseEnvelope(await response.text()),
      );
    }
  }
}

/** The namespaces of an account (or of a local server, without an account), to choose from. */
export async function listNamespaces(
  account: string | undefined,
  options: TransportOptions,
  signal?: AbortSignal,
): Promise<readonly NamespaceInfo[]> {
  const transport = new KvTransport(options);
  const perPage = 100;
  const found: NamespaceInfo[] = [];
  for (let page = 1; ; page += 1) {
    const path = `${accountPath(account)}/storage/kv/namespaces?per_page=${perPage}&page=${page}`;
    const { result } = await transport.send({ method: 'GET', path, signal }, async (response) =>
      parseEnvelope(await response.text()),
    );
    if (!Array.isArray(result)) {
      throw strangeAnswer('a list of namespaces');
    }
    const known = new Set(found.map(({ id }) => id));
    // A server that knows no pages answers with the same again.
    const added = result.map(toNamespace).filter(({ id }) => !known.has(id));
    found.push(...added);
    if (added.length < perPage) {
      return found;
    }
  }
}

function toNamespace(value: unknown): NamespaceInfo {
  const { id, title } = asRecord(value, 'a namespace');
  if (typeof id !== 'string' || typeof title !== 'string') {
    throw strangeAnswer('a namespace');
  }
  return { id, title };
}

function namespacePath(target: KvTarget, namespace: string): string {
  return `${accountPath(target.account)}/storage/kv/namespaces/${encodeURIComponent(namespace)}`;
}

function accountPath(account: string | undefined): string {
  return account === undefined ? '' : `/accounts/${encodeURIComponent(account)}`;
}
