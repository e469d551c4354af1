/** A small stand-in for the vendors' count endpoints: a token is a word there. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const countKey = 'test-key-123';

export interface CountServer {
  readonly address: string;
  /** What was asked so far. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: unknown }[];
  /** Answers the next question with this instead; `undefined` as a body never ends. */
  answerNext(status: number, body: string | undefined, headers?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

interface AnthropicBody {
  readonly messages: readonly { readonly content: string }[];
}

interface GeminiBody {
  readonly contents: readonly { readonly parts: readonly { readonly text: string }[] }[];
}

export async function startCountServer(): Promise<CountServer> {
  const requests: CountServer['requests'] = [];
  const planned: { status: number; body: string | undefined; headers: Readonly<Record<string, string>> }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const path = request.url ?? '';
      const body: unknown = JSON.parse(sent);
      requests.push({ path, headers: request.headers, body });
      const plan = planned.shift() ?? { ...answer(path, request.headers, body), headers: {} };
      response.writeHead(plan.status, { 'content-type': 'application/json', ...plan.headers });
      if (plan.body === undefined) {
        response.write('{"input_tokens":');
      } else {
        response.end(plan.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerNext: (status, body, headers = {}) => {
      planned.push({ status, body, headers });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(path: string, headers: IncomingHttpHeaders, body: unknown): { status: number; body: string } {
  const words = (value: string): number => value.split(/\s+/).filter((word) => word !== '').length;
  const json = (status: number, value: unknown): { status: number; body: string } => ({
    status,
    body: JSON.stringify(value),
  });
  if (path === '/v1/messages/count_tokens') {
    return headers['x-api-key'] === countKey && headers['anthropic-version'] !== undefined
      ? json(200, { input_tokens: words((body as AnthropicBody).messages[0]!.content) })
      : json(401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } });
  }
  if (/^\/v1beta\/models\/[\w.-]+:countTokens$/.test(path)) {
    return headers['x-goog-api-key'] === countKey
      ? json(200, { totalTokens: words((body as GeminiBody).contents[0]!.parts[0]!.text) })
      : json(400, {
          error: { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] },
        });
  }
  return json(404, { error: { message: 'not found' } });
}
