/** A small stand-in for an OpenAI-compatible endpoint that sums up: it answers what it is told to, or a short text. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const chatKey = 'chat-key-123';

export interface ChatRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
}

export interface ChatServer {
  /** Base address, as it is configured. */
  readonly address: string;
  /** What was asked so far. */
  readonly requests: readonly ChatRequest[];
  /** Answers the next question with this instead; `undefined` as a body never ends. */
  answerNext(status: number, body: string | undefined, headers?: Readonly<Record<string, string>>): void;
  /** Lets questions wait for their answers until it is called. */
  holdAnswers(): () => void;
  stop(): Promise<void>;
}

/** The JSON of an answer of Chat Completions. */
export function completion(
  message: { readonly content: string | null; readonly refusal?: string },
  finishReason = 'stop',
): string {
  return JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, finish_reason: finishReason, message: { role: 'assistant', ...message } }],
  });
}

export async function startChatServer(): Promise<ChatServer> {
  const requests: ChatRequest[] = [];
  let held: Promise<void> = Promise.resolve();
  const planned: { status: number; body: string | undefined; headers: Readonly<Record<string, string>> }[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (sent) => {
      const { url: path = '', headers } = request;
      requests.push({ path, headers, body: JSON.parse(sent) as ChatRequest['body'] });
      const answer = planned.shift() ?? usualAnswer(path, headers, requests.length);
      await held;
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      if (answer.body === undefined) {
        response.write('{"choices":');
      } else {
        response.end(answer.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answerNext: (status, body, headers = {}) => {
      planned.push({ status, body, headers });
    },
    holdAnswers: () => {
      let release: (() => void) | undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => release?.();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function usualAnswer(path: string, headers: IncomingHttpHeaders, count: number) {
  if (path !== '/v1/chat/completions') {
    return { status: 404, body: '{"error":{"message":"not found"}}', headers: {} };
  }
  return headers.authorization === `Bearer ${chatKey}`
    ? { status: 200, body: completion({ content: `Summary number ${count}.` }), headers: {} }
    : { status: 401, body: '{"error":{"message":"invalid key"}}', headers: {} };
}
