import assert from 'node:assert/strict';
import { isSourceError } from '../../../src/core/errors';
import { endpointModel } from '../../../src/core/summaries/endpointModel';
import type { EndpointOptions } from '../../../src/core/summaries/endpointModel';
import { chatKey, completion, startChatServer } from '../../support/chatServer';
import type { ChatServer } from '../../support/chatServer';

const question = { instructions: 'Sum up.', material: 'The material.' };

describe('a model behind an OpenAI-compatible endpoint', () => {
  let server: ChatServer;
  const waits: number[] = [];

  const model = (changes: Partial<EndpointOptions> = {}) =>
    endpointModel({
      address: server.address,
      model: 'tiny',
      key: chatKey,
      delay: async (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
      ...changes,
    });
  const fails = async (code: string, pattern: RegExp, changes: Partial<EndpointOptions> = {}): Promise<void> => {
    await assert.rejects(
      model(changes).ask(question, {}),
      (error) =>
        isSourceError(error) && error.code === code && pattern.test(error.message) && !error.message.includes(chatKey),
      code,
    );
  };

  beforeEach(async () => {
    server = await startChatServer();
    waits.length = 0;
  });

  afterEach(async () => {
    await server.stop();
  });

  it('gets the instructions and the material apart, and the key as a bearer', async () => {
    assert.deepEqual(await model().ask(question, {}), { kind: 'text', text: 'Summary number 1.' });
    const [request] = server.requests;
    assert.equal(request?.path, '/v1/chat/completions');
    assert.equal(request.headers.authorization, `Bearer ${chatKey}`);
    assert.deepEqual(request.body, {
      model: 'tiny',
      stream: false,
      messages: [
        { role: 'system', content: question.instructions },
        { role: 'user', content: question.material },
      ],
    });
  });

  it('says what it is told: a refusal, a filtered answer, one that is cut off, one without text', async () => {
    server.answerNext(200, completion({ content: null, refusal: 'Not that.' }));
    assert.deepEqual(await model().ask(question, {}), { kind: 'refused', reason: 'Not that.' });
    server.answerNext(200, completion({ content: '' }, 'content_filter'));
    assert.equal((await model().ask(question, {})).kind, 'refused');
    server.answerNext(200, completion({ content: 'Half a sen' }, 'length'));
    assert.deepEqual(await model().ask(question, {}), { kind: 'truncated' });
    server.answerNext(200, completion({ content: null }));
    assert.deepEqual(await model().ask(question, {}), { kind: 'text', text: '' });
  });

  it('takes no garbage for an answer', async () => {
    for (const garbage of [
      '',
      '<html>',
      '[]',
      '{}',
      '{"choices":[]}',
      '{"choices":[null]}',
      '{"choices":[{"message":{"content":7}}]}',
    ]) {
      server.answerNext(200, garbage);
      await fails('protocol', /without a message/);
    }
    server.answerNext(200, `"${'x'.repeat(5 * 1024 * 1024)}"`);
    await fails('protocol', /far too long/);
  });

  it('tells every failure apart', async () => {
    for (const [status, code] of [
      [400, 'unsupported'],
      [401, 'auth'],
      [402, 'quota'],
      [403, 'forbidden'],
      [404, 'not-found'],
      [413, 'too-large'],
      [418, 'protocol'],
    ] as const) {
      server.answerNext(status, '{"error":{"message":"Because."}}');
      await fails(code, /Because\./);
    }
    await fails('auth', /no usable key/, { key: 'two words' });
    await fails('auth', /401/, { key: undefined });
    await fails('timeout', /in time/, { timeoutMs: 1, address: await silentAddress(server) });
    await server.stop();
    await fails('unavailable', /can't be reached/);
    server = await startChatServer();
  });

  it('waits as long as it is asked to, within reason, and not for ever', async () => {
    server.answerNext(429, '{}', { 'retry-after': '3' });
    server.answerNext(503, '{}');
    assert.equal((await model().ask(question, {})).kind, 'text');
    assert.deepEqual(waits, [3000, 2000]);
    waits.length = 0;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      server.answerNext(429, '{}', { 'retry-after': '1' });
    }
    await fails('rate-limited', /429/);
    assert.deepEqual(waits, [1000, 1000]);
    server.answerNext(429, '{}', { 'retry-after': '3600' });
    await fails('rate-limited', /429/);
    assert.deepEqual(waits, [1000, 1000]);
  });

  it('stops when it is cancelled, also while it waits', async () => {
    server.answerNext(200, undefined);
    const abort = new AbortController();
    const asked = model().ask(question, { signal: abort.signal });
    abort.abort();
    await assert.rejects(asked, (error) => isSourceError(error, 'cancelled'));
    const second = new AbortController();
    server.answerNext(429, '{}', { 'retry-after': '20' });
    const waiting = model({ delay: undefined }).ask(question, { signal: second.signal });
    setImmediate(() => {
      second.abort();
    });
    await assert.rejects(waiting, (error) => isSourceError(error, 'cancelled'));
  });

  it('sends a key over an encrypted line or to this machine alone, and follows no redirect', async () => {
    for (const address of ['http://example.com/v1', 'ftp://127.0.0.1/v1', 'nonsense']) {
      assert.throws(
        () => model({ address }),
        (error) => isSourceError(error, 'forbidden', 'unsupported'),
        address,
      );
    }
    server.answerNext(307, '{}', { location: 'http://127.0.0.1:9/v1/chat/completions' });
    await fails('unavailable', /can't be reached/);
    assert.equal(
      endpointModel({ address: 'https://example.com/v1/', model: 'm', key: 'k' }).destination,
      'm at example.com',
    );
  });
});

/** An answer that begins and never ends. */
async function silentAddress(server: ChatServer): Promise<string> {
  server.answerNext(200, undefined);
  return Promise.resolve(server.address);
}
