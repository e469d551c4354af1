/**
 * A small Daytona for tests, over folders of this machine. Its toolbox answers as the recorded exchanges do; its
 * control plane as the types of Daytona's own SDK say, since nothing was recorded of it.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { json, toolboxReply } from './daytonaToolbox';
import type { Reply } from './daytonaToolbox';

export const daytonaKey = 'dtn_test-key';

/** A request as it came in. */
export interface DaytonaRequest {
  readonly method: string;
  /** Without the query, and below the address of the control plane or of the toolbox. */
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface DaytonaServer {
  readonly apiUrl: string;
  /** State of each sandbox by id; a test may set it. Undefined where Daytona does not tell it. */
  readonly states: Map<string, string | undefined>;
  /** What a start ends in, by the sandbox's id; `started` where nothing is set. */
  readonly outcomes: Map<string, string>;
  /** Requests so far, such as `GET /sandbox/x` or `POST /files/bulk-upload`. */
  readonly requests: string[];
  /** The same requests with all that came with them. */
  readonly log: DaytonaRequest[];
  /** Answers the next request that matches with this instead. */
  failNext(request: RegExp, status: number, headers?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

export interface DaytonaServerOptions {
  /** False for an older server, which has to be asked for the address of the toolbox. Default true. */
  readonly namesToolbox?: boolean;
}

/** Starts the server on loopback; every path of the far end is the same path here. */
export async function startDaytonaServer({ namesToolbox = true }: DaytonaServerOptions = {}): Promise<DaytonaServer> {
  const states = new Map<string, string | undefined>();
  const outcomes = new Map<string, string>();
  const requests: string[] = [];
  const log: DaytonaRequest[] = [];
  const failures: { readonly request: RegExp; readonly reply: Reply }[] = [];
  let origin = '';
  const server = createServer((request, response) => {
    void handle(request).then(
      (reply) => {
        send(response, reply);
      },
      (error: unknown) => {
        send(response, { status: 500, body: String(error) });
      },
    );
  });

  async function handle(request: IncomingMessage): Promise<Reply> {
    const url = new URL(request.url ?? '/', origin);
    const method = request.method ?? 'GET';
    const body = await buffer(request);
    const { authorization, 'content-type': contentType } = request.headers;
    if (authorization !== `Bearer ${daytonaKey}`) {
      return json(401, { statusCode: 401, message: 'Unauthorized' });
    }
    const toolbox = /^\/toolbox\/([^/]+)(\/.*)$/.exec(url.pathname);
    const route = toolbox?.[2] ?? url.pathname.replace(/^\/api/, '');
    const name = `${method} ${route}`;
    requests.push(name);
    log.push({ method, route, query: Object.fromEntries(url.searchParams), authorization, contentType, body });
    const failing = failures.findIndex((failure) => failure.request.test(name));
    if (failing >= 0) {
      return failures.splice(failing, 1)[0]!.reply;
    }
    if (toolbox !== null) {
      const { pathname: fullPath, searchParams: query } = url;
      return states.get(decodeURIComponent(toolbox[1]!)) === 'started'
        ? toolboxReply({ method, route, query, body, contentType: contentType ?? '', fullPath })
        : json(400, { statusCode: 400, message: 'bad request: sandbox is not running' });
    }
    return controlReply(method, url);
  }

  function controlReply(method: string, url: URL): Reply {
    const [, , resource, id, action] = url.pathname.split('/');
    const item = (key: string) => ({
      id: key,
      organizationId: 'organization',
      name: `name of ${key}`,
      target: 'eu',
      state: states.get(key),
      user: 'daytona',
      public: false,
      networkBlockAll: false,
      cpu: 1,
      gpu: 0,
      memory: 1,
      disk: 3,
      labels: {},
      autoStopInterval: 15,
      ...(namesToolbox ? { toolboxProxyUrl: `${origin}/toolbox` } : {}),
    });
    const sandbox = (key: string) => ({ ...item(key), env: {}, volumes: [] });
    if (resource !== 'sandbox') {
      return { status: 404, type: 'text/plain', body: '404 page not found' };
    }
    if (id === undefined && method === 'GET') {
      // Two to a page, so that a client that reads one page only is found out.
      const ids = [...states.keys()];
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const nextCursor = from + 2 < ids.length ? String(from + 2) : null;
      return json(200, { items: ids.slice(from, from + 2).map(item), nextCursor });
    }
    const key = decodeURIComponent(id ?? '');
    if (!states.has(key)) {
      return json(404, { statusCode: 404, message: `Sandbox with ID or name ${key} not found` });
    }
    if (method === 'GET' && action === 'toolbox-proxy-url') {
      return json(200, { url: `${origin}/toolbox` });
    }
    if (method === 'GET' && action === undefined) {
      const state = states.get(key);
      if (state === 'starting') {
        states.set(key, outcomes.get(key) ?? 'started'); // It is the next time that it is asked for.
      }
      return json(200, { ...sandbox(key), state });
    }
    if (method === 'POST' && action === 'start') {
      states.set(key, 'starting');
      return json(200, { ...sandbox(key), state: 'starting' });
    }
    return { status: 404 };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiUrl: `${origin}/api`,
    states,
    outcomes,
    requests,
    log,
    failNext: (request, status, headers = {}) => {
      failures.push({ request, reply: { status, headers } });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  response.writeHead(status, { ...(type === undefined ? {} : { 'content-type': type }), ...headers });
  response.end(body ?? '');
}
