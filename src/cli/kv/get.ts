import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors';
import { readKvValue } from '../../core/workersKv/readValue';
import { selectKv } from '../../core/workersKv/select';
import { wholeNumber } from '../cache/numbers';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, printableText } from '../text';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

interface GetOptions extends KvOptions {
  readonly offset: number;
  readonly length?: number;
  readonly output?: string;
}

/** The most that is printed unless another length is given. */
const printedBytes = 64 * 1024;
/** A value is written to a file in pieces of so many bytes. */
const pieceBytes = 4 * 1024 * 1024;

/** `kv get`: a value or a part of it; chunks are joined, and only those that hold the part are read. */
export function addGetCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('get')
    .description('read the value of an entry, or a part of it')
    .argument('<key>', 'the key')
    .option('--offset <bytes>', 'begin here', offsetArgument, 0)
    .option('--length <bytes>', `read so many bytes; ${printedBytes} unless it goes to a file`, wholeNumber)
    .option('--output <file>', 'write the bytes to this new file in place of printing them as text');
  addKvOptions(command).action(run(get));
}

async function get(context: CliContext, key: string, options: GetOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const { api } = cache;
  const snapshot = await listKv(context, cache);
  const entry = selectKv(snapshot, { keys: [key] }).entries[0]!;
  if (options.output !== undefined) {
    const path = resolve(context.cwd, options.output);
    const written = await writeFile(
      path,
      async (offset, length) => readKvValue(api, entry, { offset: options.offset + offset, length }, context.signal),
      options.length,
    );
    context.out(context.json ? formatJson({ key, file: path, bytes: written }) : `${formatBytes(written)} written.\n`);
    return 0;
  }
  const part = await readKvValue(
    api,
    entry,
    { offset: options.offset, length: options.length ?? printedBytes },
    context.signal,
  );
  const text = decodeText(part.bytes);
  if (context.json) {
    context.out(
      formatJson({
        key,
        offset: part.offset,
        bytes: part.bytes.byteLength,
        totalBytes: part.totalBytes ?? null,
        atEnd: part.atEnd,
        ...(text === undefined ? { base64: Buffer.from(part.bytes).toString('base64') } : { text }),
      }),
    );
    return 0;
  }
  if (text === undefined) {
    throw new UserError(
      `The value of ${JSON.stringify(key)} is not text.`,
      'Write it to a file with --output, or take it as base64 with --json.',
    );
  }
  context.out(printableText(text));
  if (!part.atEnd) {
    const next = part.offset + part.bytes.byteLength;
    context.message(`There is more: go on with --offset ${next}.`);
  }
  return 0;
}

async function writeFile(
  path: string,
  read: (offset: number, length: number) => Promise<{ readonly bytes: Uint8Array; readonly atEnd: boolean }>,
  length: number | undefined,
): Promise<number> {
  let first = await read(0, Math.min(pieceBytes, length ?? pieceBytes));
  const file = await createFile(path);
  try {
    let written = 0;
    for (;;) {
      await file.writeFile(first.bytes);
      written += first.bytes.byteLength;
      const left = (length ?? Infinity) - written;
      if (first.atEnd || left <= 0 || first.bytes.byteLength === 0) {
        return written;
      }
      first = await read(written, Math.min(pieceBytes, left));
    }
  } finally {
    await file.close();
  }
}

async function createFile(path: string) {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new UserError(`'${path}' exists already.`, 'Name another file.', { cause: error });
    }
    throw new UserError(`'${path}' can't be written.`, 'Name a file in a folder that exists.', { cause: error });
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    // A character may be cut at the end of a part, but not within.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function offsetArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number of bytes from 0 on.');
  }
  return Number(text);
}
