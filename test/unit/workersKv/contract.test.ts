import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startMiniflareKv } from '../../support/miniflareKv';
import type { MiniflareKv } from '../../support/miniflareKv';

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
  readonly requestBody?: string;
}

const recorded = JSON.parse(
  readFileSync(path.join(__dirname, '../../fixtures/golden/workers-kv/explorer-exchanges.json'), 'utf8'),
) as readonly Exchange[];

/** What the recording leaves out of the bodies that it sent. */
const forms: Readonly<Record<string, { readonly value: string; readonly metadata: unknown }>> = {
  'video%3Aa%2Fb.mp4%3Aderivative%3Dm': { value: 'hello', metadata: { cacheVersion: 1 } },
  bigmeta: { value: 'x', metadata: { filler: 'm'.repeat(1095) } },
};

/**
 * In what the local server differs from Cloudflare's is what our client works around: no route for one key's metadata,
 * shortest lifetimes and metadata in bulk reads that are ignored, pages of at least ten.
 */
describe('The exchanges that were recorded of the local server', function () {
  this.timeout(60_000);
  let kv: MiniflareKv;
  let namespace: string;

  before(async () => {
    kv = await startMiniflareKv();
    ({ namespace } = kv.freshTarget());
  });
  after(async () => {
    await kv.stop();
  });

  for (const [index, exchange] of recorded.entries()) {
    const shortPath = exchange.path.replace(/^.*\/kv/, '').replace('1'.repeat(32), 'N');
    it(`${index}: ${exchange.method} ${shortPath} is answered ${exchange.status}`, async () => {
      const target = exchange.path.replace('/cdn-cgi/explorer/api', kv.baseUrl).replace('1'.repeat(32), namespace);
      const form = forms[exchange.path.split('/values/')[1] ?? ''];
      let body: FormData | string | undefined;
      if (exchange.requestBody?.startsWith('(multipart') === true) {
        body = new FormData();
        body.set('value', form!.value);
        body.set('metadata', JSON.stringify(form!.metadata));
      } else {
        body = exchange.requestBody;
      }
      const response = await fetch(target, {
        method: exchange.method,
        ...(body === undefined ? {} : { body }),
        ...(typeof body === 'string' && body.startsWith('{')
          ? { headers: { 'content-type': 'application/json' } }
          : {}),
      });
      const text = await response.text();
      assert.equal(response.status, exchange.status, text);
      assert.equal(response.headers.get('content-type'), exchange.contentType);
      // This instance has more namespaces, and another length of its metadata.
      const isOwn = index === 0 || exchange.path.endsWith('bigmeta');
      if (isOwn) {
        assert.match(text, index === 0 ? /"success":true/ : /exceeds limit of 1024/);
      } else {
        assert.equal(text, exchange.body);
      }
    });
  }
});
