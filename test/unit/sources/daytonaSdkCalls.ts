/** Requests to Daytona as calls of its SDK, and what the SDK should then say. */
import { parseMultipart } from '../../../src/core/sources/multipart';
import { comparableAnswer, recordedBody } from '../../support/daytonaRecording';
import type { DaytonaExchange } from '../../support/daytonaRecording';
import { DaytonaSdkError } from '../../support/daytonaSdk';
import type { DaytonaRequest } from '../../support/daytonaServer';

/** A call that `test/clients/daytona.mjs` knows. */
export type SdkCall = readonly [name: string, ...args: readonly unknown[]];

export interface UploadedFile {
  readonly destination: string;
  readonly base64: string;
}

export interface DownloadedFile {
  readonly source: string;
  readonly base64?: string;
  readonly error?: string;
  readonly code?: string;
  readonly statusCode?: number;
}

/** A request without its outer form. */
export interface AskedOfDaytona {
  readonly method: string;
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  /** JSON of the request, the files of an upload, or undefined. */
  readonly body: unknown;
}

/** The call by which the SDK sends such a request about the sandbox `one`; undefined where it has none. */
export function asSdkCall({ method, route, query, body }: AskedOfDaytona): SdkCall | undefined {
  const { path = '', pattern = '', mode = '', source, destination, recursive } = query;
  switch (`${method} ${route}`) {
    case 'GET /sandbox':
      return ['list'];
    case 'GET /sandbox/one':
      return ['get', 'one'];
    case 'POST /sandbox/one/start':
      return ['start', 'one'];
    case 'GET /files':
      return ['listFiles', 'one', path];
    case 'GET /files/info':
      return ['fileDetails', 'one', path];
    case 'GET /files/search':
      return ['searchFiles', 'one', path, pattern];
    case 'GET /files/find':
      return ['findFiles', 'one', path, pattern];
    case 'GET /files/download': // The SDK takes the route for several files for one too.
      return ['download', 'one', [path]];
    case 'POST /files/bulk-download':
      return ['download', 'one', (body as { readonly paths: readonly string[] }).paths];
    case 'POST /files/bulk-upload':
      return ['upload', 'one', body];
    case 'POST /files/folder':
      return ['createFolder', 'one', path, mode];
    case 'POST /files/move':
      return ['move', 'one', source, destination];
    case 'POST /files/permissions':
      return ['setPermissions', 'one', path, mode];
    case 'DELETE /files':
      return ['delete', 'one', path, ...(recursive === undefined ? [] : [recursive === 'true'])];
    case 'POST /process/execute':
      return ['execute', 'one', body];
    default:
      return undefined;
  }
}

/** What a logged request asks. */
export function askedByRequest({ method, route, query, contentType = '', body }: DaytonaRequest): AskedOfDaytona {
  if (body.length === 0) {
    return { method, route, query, body: undefined };
  }
  if (!contentType.startsWith('multipart/')) {
    return { method, route, query, body: JSON.parse(body.toString()) };
  }
  const values = new Map(parseMultipart(body, contentType).map(({ name, bytes }) => [name, Buffer.from(bytes)]));
  const files = Array.from({ length: values.size / 2 }, (_, index): UploadedFile => {
    const [path, file] = [values.get(`files[${index}].path`), values.get(`files[${index}].file`)];
    return { destination: path?.toString() ?? '', base64: file?.toString('base64') ?? '' };
  });
  return { method, route, query, body: files };
}

/** What a recorded request asks, about a sandbox whose files are in `base`. */
export function askedByExchange({ method, path, requestBody }: DaytonaExchange, base: string): AskedOfDaytona {
  const url = new URL(path.replaceAll('%2Fworkspace', encodeURIComponent(base)), 'http://sandbox');
  const body = requestBody?.replaceAll('/workspace', base);
  return {
    method,
    route: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body: body === '(multipart)' ? recordedUpload(base) : body === undefined ? undefined : JSON.parse(body),
  };
}

/** The upload of which the recording keeps the answer only: a good file, and one without a path. */
export function recordedUpload(base: string): readonly UploadedFile[] {
  return [
    { destination: `${base}/.iris/kv-cache/task/new/deep`, base64: Buffer.from('x').toString('base64') },
    { destination: '', base64: Buffer.from('y').toString('base64') },
  ];
}

/** What the SDK should make of a recorded answer: a text to compare with that of {@link sdkAnswer}. */
export function expectedAnswer(exchange: DaytonaExchange, base: string): string {
  const { status, contentType, path } = exchange;
  const body = recordedBody(exchange);
  if (path.startsWith('/files/download')) {
    return asText([status === 200 ? { base64: body.toString('base64') } : { statusCode: status }], base);
  }
  if (status >= 400) {
    const { message } = (body.length > 0 ? JSON.parse(body.toString()) : {}) as { readonly message?: string };
    return asText({ statusCode: status, ...(message === undefined ? {} : { message }) }, base);
  }
  if (contentType?.startsWith('multipart/') === true) {
    const files = parseMultipart(body, contentType).map(({ name, filename = '', bytes }): DownloadedFile => {
      const content = Buffer.from(bytes);
      if (name === 'file') {
        return { source: filename, base64: content.toString('base64') };
      }
      const { message, code, statusCode } = JSON.parse(content.toString()) as Record<string, string & number>;
      return { source: filename, error: message!, code: code!, statusCode: statusCode! };
    });
    return asText(files, base);
  }
  return asText(body.length === 0 ? '' : JSON.parse(body.toString()), base);
}

/** What the SDK made of an answer; `expected` says how much of it was recorded. */
export function sdkAnswer(answer: unknown, expected: DaytonaExchange, base: string): string {
  if (answer instanceof DaytonaSdkError) {
    const { statusCode, message } = answer;
    return asText({ statusCode, ...(recordedBody(expected).includes('"message"') ? { message } : {}) }, base);
  }
  if (expected.path.startsWith('/files/download')) {
    return asText(
      (answer as readonly DownloadedFile[]).map(({ base64, statusCode }) => ({ base64, statusCode })),
      base,
    );
  }
  return asText(answer, base);
}

function asText(value: unknown, base: string): string {
  return comparableAnswer(JSON.stringify(value), base);
}
