/** A small Daytona for tests: the routes that the recorded exchanges show, over folders of this machine. */
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { parseMultipart } from '../../src/core/sources/multipart';

export const daytonaKey = 'dtn_test-key';
const boundary = 'DAYTONA-FILE-BOUNDARY';

export interface DaytonaServer {
  readonly apiUrl: string;
  /** State of each sandbox by id; a test may set it. */
  readonly states: Map<string, string>;
  /** Requests so far, such as `GET /sandbox/x` or `POST /files/bulk-upload`. */
  readonly requests: string[];
  /** Answers the next request that matches with this instead. */
  failNext(request: RegExp, status: number, headers?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts the server on loopback; every path of the far end is the same path here. */
export async function startDaytonaServer(): Promise<DaytonaServer> {
  const states = new Map<string, string>();
  const requests: string[] = [];
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
    if (request.headers.authorization !== `Bearer ${daytonaKey}`) {
      return json(401, { statusCode: 401, message: 'Unauthorized' });
    }
    const toolbox = /^\/toolbox\/([^/]+)(\/.*)$/.exec(url.pathname);
    const name = `${method} ${toolbox?.[2] ?? url.pathname.replace(/^\/api/, '')}`;
    requests.push(name);
    const failing = failures.findIndex((failure) => failure.request.test(name));
    if (failing >= 0) {
      return failures.splice(failing, 1)[0]!.reply;
    }
    if (toolbox !== null) {
      return states.get(decodeURIComponent(toolbox[1]!)) === 'started'
        ? toolboxReply(method, toolbox[2]!, url.searchParams, body, request.headers['content-type'] ?? '', url.pathname)
        : json(400, { statusCode: 400, message: 'bad request: sandbox is not running' });
    }
    return controlReply(method, url);
  }

  function controlReply(method: string, url: URL): Reply {
    const [, , resource, id, action] = url.pathname.split('/');
    const sandbox = (key: string) => ({
      id: key,
      name: `name of ${key}`,
      state: states.get(key),
      toolboxProxyUrl: `${origin}/toolbox`,
      autoStopInterval: 15,
    });
    if (resource !== 'sandbox') {
      return { status: 404, type: 'text/plain', body: '404 page not found' };
    }
    if (id === undefined && method === 'GET') {
      // Two to a page, so that a client that reads one page only is found out.
      const ids = [...states.keys()];
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const nextCursor = from + 2 < ids.length ? String(from + 2) : null;
      return json(200, { items: ids.slice(from, from + 2).map(sandbox), nextCursor });
    }
    const key = decodeURIComponent(id ?? '');
    if (!states.has(key)) {
      return json(404, { statusCode: 404, message: `Sandbox with ID or name ${key} not found` });
    }
    if (method === 'GET') {
      const state = states.get(key);
      if (state === 'starting') {
        states.set(key, 'started'); // It is the next time that it is asked for.
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
    requests,
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

function json(status: number, value: unknown): Reply {
  // Its JSON writes what replaces a broken byte as an escape.
  const body = JSON.stringify(value).replaceAll('\ufffd', '\\ufffd');
  return { status, type: 'application/json; charset=utf-8', body };
}

/** Errors of single-file routes have an empty body. */
const empty = (status: number): Reply => ({ status });

async function toolboxReply(
  method: string,
  route: string,
  query: URLSearchParams,
  body: Buffer,
  contentType: string,
  fullPath: string,
): Promise<Reply> {
  const file = query.get('path') ?? '';
  switch (`${method} ${route}`) {
    case 'GET /files':
      return listFolder(file);
    case 'GET /files/info':
      return file === '' ? empty(400) : info(file);
    case 'GET /files/download':
      return download(file);
    case 'POST /files/bulk-download':
      return bulkDownload(JSON.parse(body.toString()) as { paths: string[] });
    case 'POST /files/bulk-upload':
      return bulkUpload(body, contentType);
    case 'POST /files/folder':
      if (!/^[0-7]+$/.test(query.get('mode') ?? '')) {
        return empty(400);
      }
      await mkdir(file, { recursive: true });
      return empty(201);
    case 'POST /files/move':
      return move(query.get('source') ?? '', query.get('destination') ?? '');
    case 'POST /files/permissions':
      await chmod(file, Number.parseInt(query.get('mode') ?? '644', 8));
      return empty(200);
    case 'DELETE /files':
      return remove(file, query.get('recursive') === 'true');
    case 'POST /process/execute':
      return execute(JSON.parse(body.toString()) as { command: string; cwd?: string; timeout?: number }, fullPath);
    default:
      return { status: 404, type: 'text/plain', body: '404 page not found' };
  }
}

async function factsOf(file: string) {
  const facts = await lstat(file);
  const mode = (facts.mode & 0o777).toString(8).padStart(4, '0');
  const letters = Array.from('rwxrwxrwx')
    .map((letter, bit) => ((facts.mode >> (8 - bit)) & 1 ? letter : '-'))
    .join('');
  return {
    name: path.basename(file),
    size: facts.size,
    mode: `${facts.isDirectory() ? 'd' : facts.isSymbolicLink() ? 'L' : '-'}${letters}`,
    modTime: `${facts.mtime.toISOString().replace('T', ' ').replace('Z', '')} +0000 UTC`,
    modifiedAt: facts.mtime.toISOString(),
    isDir: facts.isDirectory(),
    owner: String(facts.uid),
    group: String(facts.gid),
    permissions: mode,
  };
}

async function kindOf(file: string): Promise<'file' | 'folder' | 'absent'> {
  try {
    return (await stat(file)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'absent';
  }
}

async function listFolder(folder: string): Promise<Reply> {
  const kind = await kindOf(folder);
  if (kind !== 'folder') {
    return empty(kind === 'absent' ? 404 : 400);
  }
  const names = (await readdir(folder)).sort();
  return json(200, await Promise.all(names.map((name) => factsOf(path.join(folder, name)))));
}

async function info(file: string): Promise<Reply> {
  return (await kindOf(file)) === 'absent' ? empty(404) : json(200, await factsOf(file));
}

async function download(file: string): Promise<Reply> {
  const kind = await kindOf(file);
  if (kind !== 'file') {
    return empty(kind === 'absent' ? 404 : 400);
  }
  const name = path.basename(file);
  return {
    status: 200,
    type: 'application/octet-stream',
    body: await readFile(file),
    headers: { 'content-disposition': `attachment; filename="${name}"; filename*=utf-8''${encodeURIComponent(name)}` },
  };
}

async function bulkDownload({ paths }: { readonly paths: readonly string[] }): Promise<Reply> {
  if (paths.length === 0) {
    return json(400, { error: 'request body must be {"paths": [ ... ]} and non-empty' });
  }
  const chunks: Buffer[] = [];
  for (const file of paths) {
    const kind = await kindOf(file);
    const disposition = (name: string): string => {
      const plain = file.replace(/[\\"]/g, '\\$&');
      return `Content-Disposition: form-data; name="${name}"; filename="${plain.replace(/[\r\n]/g, ' ')}"; filename*=utf-8''${encodeURIComponent(file)}\r\n`;
    };
    if (kind === 'file') {
      const content = await readFile(file);
      const headers = `${disposition('file')}Content-Length: ${content.length}\r\nContent-Type: application/octet-stream`;
      chunks.push(Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), content, Buffer.from('\r\n'));
    } else {
      const [statusCode, message, code] =
        kind === 'absent'
          ? [404, `file not found: ${file}`, 'FILE_NOT_FOUND']
          : [400, `invalid file path: path points to a directory: ${file}`, 'INVALID_FILE_PATH'];
      const error = { statusCode, message, code, timestamp: new Date(0).toISOString(), path: file, method: 'POST' };
      const headers = `${disposition('error')}Content-Type: application/json; charset=utf-8`;
      chunks.push(Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n${JSON.stringify(error)}\r\n`));
    }
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return { status: 200, type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(chunks) };
}

/** Writes what it can, also when a part is wrong. */
async function bulkUpload(body: Buffer, contentType: string): Promise<Reply> {
  const paths = new Map<string, string>();
  const files: { path: string; bytes: number }[] = [];
  const errors: string[] = [];
  for (const part of parseMultipart(body, contentType)) {
    const [, index = '', field] = /^files\[(\d+)\]\.(path|file)$/.exec(part.name) ?? [];
    if (field === 'path') {
      const target = Buffer.from(part.bytes).toString('utf8');
      if (target === '') {
        errors.push(`path[${index}]: empty path`);
      } else {
        paths.set(index, target);
      }
    } else if (field === 'file') {
      const target = paths.get(index);
      if (target === undefined) {
        errors.push(`file[${index}]: missing .path metadata`);
      } else {
        await mkdir(path.dirname(target), { recursive: true });
        await writeFile(target, part.bytes);
        files.push({ path: target, bytes: part.bytes.length });
      }
    }
  }
  return errors.length > 0 ? json(400, { errors, files }) : json(200, { files });
}

async function move(source: string, destination: string): Promise<Reply> {
  if ((await kindOf(source)) === 'absent') {
    return empty(404);
  }
  if ((await kindOf(destination)) !== 'absent') {
    return empty(409);
  }
  await rename(source, destination);
  return empty(200);
}

async function remove(file: string, recursive: boolean): Promise<Reply> {
  const kind = await kindOf(file);
  if (kind === 'absent' || (kind === 'folder' && !recursive)) {
    return empty(kind === 'absent' ? 404 : 400);
  }
  await rm(file, { recursive });
  return empty(204);
}

/** Merges standard error into the output, and loses bytes that are not UTF-8, as the real one does. */
async function execute(
  { command, cwd, timeout }: { readonly command: string; readonly cwd?: string; readonly timeout?: number },
  fullPath: string,
): Promise<Reply> {
  const error = (statusCode: number, message: string, code: string): Reply => ({
    status: statusCode,
    type: 'application/json',
    body: JSON.stringify({
      statusCode,
      message,
      code,
      timestamp: new Date(0).toISOString(),
      path: fullPath,
      method: 'POST',
    }),
  });
  if (command.trim() === '') {
    return error(400, 'bad request: command cannot be empty or whitespace-only', 'BAD_REQUEST');
  }
  return new Promise((resolve) => {
    const child = execFile(
      'sh',
      ['-c', 'exec 2>&1; eval "$0"', command],
      { cwd, encoding: 'buffer', maxBuffer: 1 << 30, timeout: (timeout ?? 60) * 1000, killSignal: 'SIGKILL' },
      (failure, stdout) => {
        if (failure?.killed === true) {
          resolve(error(408, 'request timeout: command execution timeout', 'REQUEST_TIMEOUT'));
        } else {
          resolve(json(200, { exitCode: child.exitCode ?? -1, result: stdout.toString('utf8') }));
        }
      },
    );
  });
}
