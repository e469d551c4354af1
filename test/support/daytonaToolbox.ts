/** The toolbox of a Daytona sandbox as the recorded exchanges show it, over folders of this machine. */
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseMultipart } from '../../src/core/sources/multipart';
import picomatch from 'picomatch';

const boundary = 'DAYTONA-FILE-BOUNDARY';

export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(status: number, value: unknown): Reply {
  // Its JSON writes what replaces a broken byte as an escape.
  const body = JSON.stringify(value).replaceAll('\ufffd', '\\ufffd');
  return { status, type: 'application/json; charset=utf-8', body };
}

/** Errors of single-file routes have an empty body. */
const empty = (status: number): Reply => ({ status });

export interface ToolboxRequest {
  readonly method: string;
  /** Below the address of the toolbox, such as `/files`. */
  readonly route: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
  /** Path of the whole request, which some errors repeat. */
  readonly fullPath: string;
}

/** What the toolbox answers; every path of the sandbox is the same path here. */
export async function toolboxReply({
  method,
  route,
  query,
  body,
  contentType,
  fullPath,
}: ToolboxRequest): Promise<Reply> {
  const file = query.get('path') ?? '';
  switch (`${method} ${route}`) {
    case 'GET /files':
      return listFolder(file);
    case 'GET /files/info':
      return file === '' ? empty(400) : info(file);
    case 'GET /files/search':
      return search(file, query.get('pattern') ?? '');
    case 'GET /files/find':
      return find(file, query.get('pattern') ?? '');
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

/** A folder and all that is below it, in order; nothing for a folder that is not there. */
async function below(folder: string): Promise<readonly string[]> {
  if ((await kindOf(folder)) === 'absent') {
    return [];
  }
  const names = await readdir(folder, { recursive: true });
  return [folder, ...names.map((name) => path.join(folder, name))].sort();
}

/** By the names alone. */
async function search(folder: string, pattern: string): Promise<Reply> {
  const matches = picomatch(pattern, { dot: true });
  return json(200, { files: (await below(folder)).filter((file) => matches(path.basename(file))) });
}

/** Lines of files that hold a text. */
async function find(folder: string, text: string): Promise<Reply> {
  const found: { file: string; line: number; content: string }[] = [];
  for (const file of await below(folder)) {
    const lines = (await kindOf(file)) === 'file' ? (await readFile(file, 'utf8')).split('\n') : [];
    found.push(
      ...lines.flatMap((content, index) => (content.includes(text) ? [{ file, line: index + 1, content }] : [])),
    );
  }
  return json(200, found);
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
