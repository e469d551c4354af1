import { deepEqual, doesNotMatch, equal, match, rejects } from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { SourceError } from '../../../src/core/errors';
import type { SourceErrorCode } from '../../../src/core/errors';
import { countProviderFor } from '../../../src/core/tokens/countProviders';
import { ProviderCounter } from '../../../src/core/tokens/providerCounts';
import type { ProviderCountOptions } from '../../../src/core/tokens/providerCounts';
import { countKey, startCountServer } from '../../support/countServer';
import type { CountServer } from '../../support/countServer';

describe('counts by providers', () => {
  let server: CountServer;
  let dataFolder: string;
  let counter: ProviderCounter;

  beforeEach(async () => {
    server = await startCountServer();
    dataFolder = await mkdtemp(join(tmpdir(), 'context-cache-'));
    counter = new ProviderCounter({ dataFolder });
  });

  afterEach(async () => {
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  });

  const options = (more: Partial<ProviderCountOptions> = {}): ProviderCountOptions => ({
    key: countKey,
    address: server.address,
    ...more,
  });

  async function failsWith(code: SourceErrorCode, work: Promise<unknown>, message = /./): Promise<SourceError> {
    let thrown: unknown;
    await rejects(work, (error) => {
      thrown = error;
      return error instanceof SourceError;
    });
    const error = thrown as SourceError;
    equal(error.code, code, error.message);
    match(error.message, message);
    doesNotMatch(inspect(error, { depth: 10 }), new RegExp(countKey), 'the key is in the error');
    return error;
  }

  it('asks Anthropic with the id that its API writes', async () => {
    deepEqual(await counter.count('one two three', 'claude-opus-4.6', options()), {
      tokens: 3,
      provider: 'anthropic',
      model: 'claude-opus-4-6',
      remembered: false,
    });
    const [request] = server.requests;
    equal(request?.path, '/v1/messages/count_tokens');
    equal(request.headers['x-api-key'], countKey);
    deepEqual(request.body, {
      model: 'claude-opus-4-6',
      messages: [{ role: 'user', content: 'one two three' }],
    });
  });

  it('asks Gemini, and keeps the key out of the address', async () => {
    const count = await counter.count('one two', 'models/gemini-3-pro', options());
    equal(count.tokens, 2);
    const [request] = server.requests;
    equal(request?.path, '/v1beta/models/gemini-3-pro:countTokens');
    equal(request.headers['x-goog-api-key'], countKey);
  });

  it('knows whose model it is', () => {
    equal(countProviderFor('copilot/claude-sonnet-5')?.id, 'anthropic');
    equal(countProviderFor('Gemini-3-Pro')?.id, 'gemini');
    equal(countProviderFor('gpt-5'), undefined);
    equal(countProviderFor('not-claude'), undefined);
  });

  it('remembers between runs by text, model and address, without keeping either text or key', async () => {
    await counter.count('a secret text', 'claude-opus-5', options());
    const later = new ProviderCounter({ dataFolder });
    deepEqual(await later.count('a secret text', 'claude-opus-5', options()), {
      tokens: 3,
      provider: 'anthropic',
      model: 'claude-opus-5',
      remembered: true,
    });
    equal(server.requests.length, 1);
    await later.count('a secret text', 'claude-sonnet-5', options());
    await later.count('another text', 'claude-opus-5', options());
    equal(server.requests.length, 3);
    const kept = await readFile(join(dataFolder, 'token-counts', 'providers.counts'), 'latin1');
    doesNotMatch(kept, /secret|test-key/);
  });

  it('makes its memory again when it is damaged', async () => {
    await counter.count('one two', 'claude-opus-5', options());
    const file = join(dataFolder, 'token-counts', 'providers.counts');
    const bytes = await readFile(file);
    bytes[bytes.length - 6]! ^= 1;
    await writeFile(file, bytes);
    const count = await new ProviderCounter({ dataFolder }).count('one two', 'claude-opus-5', options());
    deepEqual([count.tokens, count.remembered], [2, false]);
  });

  it('counts nothing as nothing, and sends a lone surrogate as the character that it counts as', async () => {
    equal((await counter.count('', 'claude-opus-5', options())).tokens, 0);
    equal(server.requests.length, 0);
    await counter.count('a\ud800b \u{1f469}\udc00', 'claude-opus-5', options());
    deepEqual((server.requests[0]?.body as { messages: unknown }).messages, [
      { role: 'user', content: 'a\ufffdb \u{1f469}\ufffd' },
    ]);
  });

  it('tells wrong keys of both vendors, and missing ones without asking', async () => {
    await failsWith('auth', counter.count('x', 'claude-opus-5', options({ key: 'wrong' })), /401.*invalid x-api-key/);
    await failsWith('auth', counter.count('x', 'gemini-3-pro', options({ key: 'wrong' })), /API key not valid/);
    const asked = server.requests.length;
    const error = await failsWith('auth', counter.count('x', 'claude-opus-5', options({ key: '' })));
    match(error.nextStep, /ANTHROPIC_API_KEY/);
    await failsWith('auth', counter.count('x', 'claude-opus-5', options({ key: 'two\nlines' })));
    equal(server.requests.length, asked);
  });

  for (const [status, code] of [
    [400, 'unsupported'],
    [402, 'quota'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [413, 'too-large'],
    [418, 'protocol'],
    [429, 'rate-limited'],
    [500, 'unavailable'],
    [529, 'unavailable'],
  ] as const) {
    it(`answers ${status} with ${code}, and remembers no failure`, async () => {
      server.answerNext(status, '{"error":{"message":"because"}}', { 'retry-after': '7' });
      const failure = await failsWith(code, counter.count('x', 'claude-opus-5', options()), /because/);
      equal(failure.retryAfterMs, 7000);
      equal((await counter.count('x', 'claude-opus-5', options())).tokens, 1);
    });
  }

  it('refuses answers that hold no number', async () => {
    for (const body of [
      '{}',
      '{"input_tokens":-1}',
      '{"input_tokens":"3"}',
      'null',
      '<html>',
      '{"input_tokens":1.5}',
    ]) {
      server.answerNext(200, body);
      await failsWith('protocol', counter.count('x', 'claude-opus-5', options()), /without a number/);
    }
    server.answerNext(200, `"${'x'.repeat(1_100_000)}"`);
    await failsWith('protocol', counter.count('x', 'claude-opus-5', options()), /too long/);
  });

  it('does not follow a redirect, which would take the key elsewhere', async () => {
    const other = await startCountServer();
    try {
      server.answerNext(307, '', { location: `${other.address}/v1/messages/count_tokens` });
      await failsWith('unavailable', counter.count('x', 'claude-opus-5', options()));
      equal(other.requests.length, 0);
    } finally {
      await other.stop();
    }
  });

  it('sends the key over HTTPS or to this machine only', async () => {
    for (const address of ['http://example.org', 'ftp://127.0.0.1', 'http://127.0.0.1.example.org']) {
      await failsWith('forbidden', counter.count('x', 'claude-opus-5', options({ address })), /not encrypted/);
    }
    await failsWith('unsupported', counter.count('x', 'claude-opus-5', options({ address: 'nowhere' })));
  });

  it('tells a provider that can not be reached, and one that does not end its answer', async () => {
    const { address } = server;
    server.answerNext(200, undefined);
    await failsWith(
      'timeout',
      new ProviderCounter({ dataFolder, timeoutMs: 50 }).count('x', 'claude-opus-5', options()),
    );
    await server.stop();
    await failsWith('unavailable', counter.count('x', 'claude-opus-5', options({ address })), /reached at 127/);
  });

  it('can be cancelled, before and while it asks', async () => {
    const abort = new AbortController();
    server.answerNext(200, undefined);
    const counting = counter.count('x', 'claude-opus-5', options({ signal: abort.signal }));
    abort.abort();
    await failsWith('cancelled', counting);
    await failsWith('cancelled', counter.count('y', 'claude-opus-5', options({ signal: abort.signal })));
  });

  it('refuses a model that no provider counts, and a text beyond all measure', async () => {
    await failsWith('unsupported', counter.count('x', 'gpt-5', options()), /gpt-5/);
    await failsWith('too-large', counter.count('x'.repeat(9_000_000), 'claude-opus-5', options()));
    equal(server.requests.length, 0);
  });
});
