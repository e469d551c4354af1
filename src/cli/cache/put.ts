import { Argument, InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ScopeName } from '../../core/cache/model';
import { planPut } from '../../core/cache/plans/put';
import { isPythonObject, parsePython } from '../../core/cache/pythonJson';
import type { PythonObject, PythonValue } from '../../core/cache/pythonJson';
import { maxValueBytes } from '../../core/cache/scopes';
import { UserError } from '../../core/errors';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { collect, hoursArgument } from './numbers';
import { addSourceOption, scopeArgument } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

interface PutOptions extends ChangeOptions {
  readonly ttl?: number;
  readonly contentType?: string;
  readonly metadata?: PythonObject;
  readonly tag?: readonly string[];
}

/** `cache put`: writes one value under one key. */
export function addPutCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('put')
    .description('write a value, from a file or from standard input')
    .addArgument(new Argument('<scope>', 'the scope').argParser(scopeArgument))
    .argument('<key>', 'the key; its file name is derived')
    .argument('[file]', 'the file with the value; - or nothing is standard input', '-')
    .option('--ttl <hours>', "hours to live; the scope's own unless given", hoursArgument)
    .option('--content-type <type>', 'such as application/json')
    .option('--metadata <json>', 'a JSON object', metadataArgument)
    .option('--tag <tag>', 'a tag of the entry; may be given several times', collect);
  addChangeOptions(addSourceOption(command)).action(run(put));
}

async function put(
  context: CliContext,
  scope: ScopeName,
  key: string,
  file: string,
  options: PutOptions,
): Promise<ExitCode> {
  const bytes = file === '-' ? await context.readStdin() : await readValueFile(resolve(context.cwd, file));
  const cache = await openCache(context, options, { create: true });
  const plan = planPut(cache, {
    scope,
    originalKey: key,
    bytes,
    ...(options.ttl === undefined ? {} : { ttlHours: options.ttl }),
    ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
    ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
    ...(options.tag === undefined ? {} : { tags: options.tag }),
  });
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: false });
}

async function readValueFile(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (facts.size > maxValueBytes) {
      throw new UserError(`'${path}' has ${facts.size} bytes; ${maxValueBytes} are the most.`, 'Shorten it.');
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof UserError) {
      throw error;
    }
    throw new UserError(`'${path}' can't be read.`, 'Give an existing file, or - for standard input.', {
      cause: error,
    });
  }
}

function metadataArgument(text: string): PythonObject {
  let value: PythonValue;
  try {
    value = parsePython(text);
  } catch {
    throw new InvalidArgumentError('Give a JSON object.');
  }
  if (!isPythonObject(value)) {
    throw new InvalidArgumentError('Give a JSON object.');
  }
  return value;
}
