import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import { mapLimited } from '../instructions/concurrency';
import { asRecord, isRecord, parseEnvelope, strangeAnswer } from './answers';
import type { Envelope } from './answers';
import { itemError, refusal, reporter, slices, writeSlices } from './batches';
import type { BatchOptions, KeyResult } from './batches';
import { checkKey, checkWrite } from './limits';
import type { KvWrite } from './limits';
import { rangeHeader, readRange } from './readRange';
import type { ValuePart, ValueRange } from './readRange';
import type { KvRequest, KvTransport } from './transport';

/** A key as a listing tells of it. */
export interface ListedKey {
  readonly key: string;
  /** Whatever JSON was stored with the key; undefined = none. */
  readonly metadata: unknown;
  /** Seconds since the epoch after which Workers KV itself drops the key; undefined = never. */
  readonly expiration: number | undefined;
}

const keysPerPage = 1000;
const keysPerBulkGet = 100;
/** Cloudflare takes 10,000; fewer at a time show progress and lose less to an interruption. */
const keysPerBulkDelete = 1000;
const concurrentSingles = 12;

/** The keys of one namespace of Workers KV. Writes are checked against the limits first. Throws SourceErrors. */
export class KvNamespace {
  readonly #transport: KvTransport;
  readonly #path: string;
  /** Routes that the server at the base address was found not to have: a local one lacks the bulk writes. */
  readonly #missing = new Set<string>();

  /** @param path of the namespace below the base address. */
  constructor(transport: KvTransport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  /** Every key with its metadata, page by page in the order of the keys' bytes. */
  async *pages(
    options: { readonly prefix?: string; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<readonly ListedKey[]> {
    const seen = new Set<string>();
    let cursor = '';
    do {
      seen.add(cursor);
      const query = new URLSearchParams({ limit: String(keysPerPage) });
      if (options.prefix !== undefined && options.prefix !== '') {
        query.set('prefix', options.prefix);
      }
      if (cursor !== '') {
        query.set('cursor', cursor);
      }
      const page = await this.#json({ method: 'GET', path: `/keys?${query.toString()}`, signal: options.signal });
      if (!Array.isArray(page.result)) {
        throw strangeAnswer('a list of keys');
      }
      yield page.result.map(toListedKey);
      cursor = page.cursor;
    } while (cursor !== '' && !seen.has(cursor));
  }

  async list(
    options: { readonly prefix?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ListedKey[]> {
    const keys: ListedKey[] = [];
    for await (const page of this.pages(options)) {
      keys.push(...page);
    }
    return keys;
  }

  /** One key as a listing tells of it; undefined when there is none. */
  async find(key: string, signal?: AbortSignal): Promise<ListedKey | undefined> {
    checkKey(key);
    // The route for the metadata of one key tells neither the expiration nor exists on a local server.
    for await (const page of this.pages({ prefix: key, signal })) {
      // The key itself is the first of those that begin with it.
      return page[0]?.key === key ? page[0] : undefined;
    }
    return undefined;
  }

  /** A part of a value; never holds more than was asked for. */
  async read(key: string, range: ValueRange, signal?: AbortSignal): Promise<ValuePart> {
    checkKey(key);
    return this.#transport.send(
      {
        method: 'GET',
        path: `${this.#path}${this.#valuePath(key)}`,
        headers: rangeHeader(range),
        signal,
        alsoAccept: 416,
      },
      async (response) => {
        if (response.status === 416) {
          // A range behind the end, as is the first one of an empty value.
          await response.body?.cancel();
          return { bytes: new Uint8Array(), offset: range.offset ?? 0, totalBytes: undefined, atEnd: true };
        }
        return readRange(response, range);
      },
    );
  }

  /** Short text values at once, a hundred per request; undefined where there is none. Bytes don't survive this. */
  async readTexts(keys: readonly string[], signal?: AbortSignal): Promise<Map<string, string | undefined>> {
    const texts = new Map<string, string | undefined>();
    for (const part of slices(keys, keysPerBulkGet)) {
      const { result } = await this.#json({
        method: 'POST',
        path: '/bulk/get',
        body: { keys: part, type: 'text' },
        signal,
      });
      const values = asRecord(asRecord(result, 'a list of values')['values'], 'a list of values');
      for (const key of part) {
        const value = values[key];
        texts.set(key, typeof value === 'string' ? value : undefined);
      }
    }
    return texts;
  }

  /** Writes one key with its metadata. */
  async write(write: KvWrite, signal?: AbortSignal): Promise<void> {
    checkWrite(write, Date.now());
    const form = new FormData();
    form.set('value', new Blob([Buffer.from(write.value)]));
    form.set('metadata', JSON.stringify(write.metadata ?? null));
    const query = write.expiration === undefined ? '' : `?expiration=${Math.floor(write.expiration)}`;
    await this.#json({ method: 'PUT', path: `${this.#valuePath(write.key)}${query}`, body: form, signal });
  }

  /** Writes many keys; what a key's limits forbid fails alone. Throws only what concerns all, such as `cancelled`. */
  async writeAll(writes: readonly KvWrite[], options: BatchOptions = {}): Promise<KeyResult[]> {
    const results: KeyResult[] = [];
    const report = reporter(results, options);
    const fitting: KvWrite[] = [];
    const refused: KeyResult[] = [];
    for (const write of writes) {
      const error = refusal(write);
      if (error === undefined) {
        fitting.push(write);
      } else {
        refused.push({ key: write.key, error });
      }
    }
    await report(refused);
    await this.#batch('/bulk', writeSlices(fitting), {
      ...options,
      report,
      bulk: (part) => ({
        method: 'PUT',
        path: '/bulk',
        body: part.map(({ key, value, metadata, expiration }) => ({
          key,
          value: Buffer.from(value).toString('base64'),
          base64: true,
          ...(metadata === undefined ? {} : { metadata }),
          ...(expiration === undefined ? {} : { expiration: Math.floor(expiration) }),
        })),
      }),
      single: async (write) => this.write(write, options.signal),
    });
    return results;
  }

  /** Deletes many keys; a key that is gone already counts as deleted. Throws only what concerns all. */
  async deleteAll(keys: readonly string[], options: BatchOptions = {}): Promise<KeyResult[]> {
    const results: KeyResult[] = [];
    const items = keys.map((key) => ({ key }));
    await this.#batch('/bulk/delete', slices(items, keysPerBulkDelete), {
      ...options,
      report: reporter(results, options),
      bulk: (part) => ({ method: 'POST', path: '/bulk/delete', body: part.map(({ key }) => key) }),
      single: async ({ key }) => this.#deleteOne(key, options.signal),
    });
    return results;
  }

  async #deleteOne(key: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#json({ method: 'DELETE', path: this.#valuePath(key), signal });
    } catch (error) {
      if (!isSourceError(error, 'not-found') || (await this.#isGone(signal))) {
        throw error;
      }
    }
  }

  /** Whether "not found" was said of the namespace, and not of a key. */
  async #isGone(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#json({ method: 'GET', path: '/keys?limit=10', signal });
      return false;
    } catch (error) {
      return isSourceError(error, 'not-found');
    }
  }

  /** Parts by bulk where the server can, else (and it is remembered) one by one, a few at a time. */
  async #batch<Item extends { readonly key: string }>(
    route: string,
    parts: Iterable<readonly Item[]>,
    how: {
      readonly signal?: AbortSignal | undefined;
      readonly report: (results: readonly KeyResult[]) => Promise<void>;
      readonly bulk: (part: readonly Item[]) => KvRequest;
      readonly single: (item: Item) => Promise<void>;
    },
  ): Promise<void> {
    for (const part of parts) {
      throwIfCancelled(how.signal);
      if (!this.#missing.has(route)) {
        try {
          await how.report(await this.#bulk(how.bulk(part), part, how.signal));
          continue;
        } catch (error) {
          if (!isSourceError(error, 'unsupported')) {
            await this.#failAll(part, error, how.report);
            continue;
          }
          this.#missing.add(route);
        }
      }
      // Small parts, so that little has to be done again after an interruption.
      for (const few of slices(part, concurrentSingles * 4)) {
        const outcomes = await mapLimited(few, concurrentSingles, async (item): Promise<KeyResult> => {
          try {
            await how.single(item);
            return { key: item.key };
          } catch (error) {
            return { key: item.key, error: itemError(error) };
          }
        });
        await how.report(outcomes);
      }
    }
  }

  async #failAll(
    part: readonly { readonly key: string }[],
    error: unknown,
    report: (results: readonly KeyResult[]) => Promise<void>,
  ): Promise<void> {
    const shared = itemError(error);
    await report(part.map(({ key }) => ({ key, error: shared })));
  }

  async #bulk(
    request: KvRequest,
    part: readonly { readonly key: string }[],
    signal: AbortSignal | undefined,
  ): Promise<KeyResult[]> {
    const { result } = await this.#json({ ...request, signal });
    const failed = new Set<unknown>(
      isRecord(result) && Array.isArray(result['unsuccessful_keys']) ? result['unsuccessful_keys'] : [],
    );
    return part.map(({ key }) =>
      failed.has(key)
        ? {
            key,
            error: new SourceError('unavailable', `Workers KV has not taken ${JSON.stringify(key)} everywhere.`, {
              nextStep: 'Try this key again.',
            }),
          }
        : { key },
    );
  }

  #valuePath(key: string): string {
    return `/values/${encodeURIComponent(key)}`;
  }

  async #json(request: KvRequest): Promise<Envelope> {
    return this.#transport.send({ ...request, path: `${this.#path}${request.path}` }, async (response) =>
      parseEnvelope(await response.text()),
    );
  }
}

function toListedKey(value: unknown): ListedKey {
  const { name, metadata, expiration } = asRecord(value, 'a key');
  if (typeof name !== 'string') {
    throw strangeAnswer('a key');
  }
  return {
    key: name,
    metadata: metadata ?? undefined,
    expiration: typeof expiration === 'number' ? expiration : undefined,
  };
}
