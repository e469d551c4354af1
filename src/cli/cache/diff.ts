import type { Command } from 'commander';
import { diffValues } from '../../core/cache/diffValues';
import type { DiffSide, ValueDiff } from '../../core/cache/diffValues';
import { originalKeyOfTag, usableKey } from '../../core/cache/keys';
import type { CacheEntry, ScopeName } from '../../core/cache/model';
import { readerOf } from '../../core/cache/plans/planBuilder';
import { isScopeName } from '../../core/cache/scopes';
import { UserError } from '../../core/errors';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { printable, printableText } from '../text';
import { openLibrary } from './library';
import { wholeNumber } from './numbers';
import { addSourceOption } from './options';
import type { LibraryOptions, SourceOptions } from './options';
import { openCache, openHistory } from './runPlan';
import type { OpenedCache } from './runPlan';
import { findEntry } from './show';

interface DiffOptions extends SourceOptions, LibraryOptions {
  readonly otherSource?: string;
  readonly version?: number;
}

interface Address {
  readonly scope: ScopeName;
  readonly key: string;
}

/** `cache diff`: compares two entries, an entry with its instruction file, or with an earlier version. */
export function addDiffCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('diff')
    .description(
      'compare two entries, or one with its file in the library, or with an earlier version; exit code 1 when they differ',
    )
    .argument('<entries...>', 'one or two entries, each as scope/key or as scope and key')
    .option('--other-source <place>', 'where the second entry is (or the same one, when only one is named)')
    .option('--version <number>', 'compare with this version of the entry', wholeNumber)
    .option('--library <dir>', 'the library with the file; the own and the workspace library unless given');
  addSourceOption(command).action(run(diff));
}

async function diff(
  context: CliContext,
  names: readonly string[],
  options: DiffOptions,
  command: Command,
): Promise<ExitCode> {
  const [first, second, ...more] = addressesOf(names, command);
  if (first === undefined || more.length > 0 || (second !== undefined && options.version !== undefined)) {
    return command.error('error: name one entry or two, and one of them only with --version');
  }
  const cache = await openCache(context, options);
  const left = await sideOf(cache, first);
  const right = await otherSide(context, cache, first, second, options);
  const result = diffValues(left, right);
  context.out(context.json ? formatJson(diffOutput(left, right, result)) : diffText(left, right, result));
  return result.identical ? 0 : 1;
}

async function otherSide(
  context: CliContext,
  cache: OpenedCache,
  first: Address,
  second: Address | undefined,
  options: DiffOptions,
): Promise<DiffSide> {
  if (options.otherSource !== undefined) {
    const other = await openCache(context, { source: options.otherSource });
    return sideOf(other, second ?? first, other.place);
  }
  if (second !== undefined) {
    return sideOf(cache, second);
  }
  const { scope, key } = findEntry(cache.snapshot, first.scope, first.key);
  if (options.version !== undefined) {
    const history = openHistory(context);
    const version = await history.version({ sourceId: cache.tree.id, scope, key }, options.version);
    const sha256 = version.content?.sha256;
    const bytes = sha256 === undefined ? undefined : await history.content(sha256);
    return { label: `${scope}/${key} version ${version.number}`, bytes };
  }
  const library = await openLibrary(context, cache.workspace, options);
  const instruction = library.instructions.find((candidate) => usableKey(originalKeyOfTag(candidate.tag)) === key);
  if (scope !== 'instructions' || instruction === undefined) {
    throw new UserError(
      `${scope}/${printable(key)} is no instruction of the library, so there is no file to compare it with.`,
      'Name a second entry, or use --version or --other-source.',
    );
  }
  return { label: instruction.location, bytes: instruction.bytes };
}

async function sideOf(cache: OpenedCache, address: Address, place?: string): Promise<DiffSide> {
  const entry: CacheEntry = findEntry(cache.snapshot, address.scope, address.key);
  const label = `${entry.scope}/${entry.key}`;
  return {
    label: place === undefined ? label : `${place}/${label}`,
    bytes: await readerOf(cache.tree, entry.scope, entry.key)(),
  };
}

/** `scope key`, or `scope/key`, in any mixture; a key may hold slashes. */
function addressesOf(names: readonly string[], command: Command): Address[] {
  const addresses: Address[] = [];
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index]!;
    const slash = name.indexOf('/');
    const scope = slash < 0 ? name : name.slice(0, slash);
    const key = slash < 0 ? names[(index += 1)] : name.slice(slash + 1);
    if (!isScopeName(scope) || key === undefined || key === '') {
      return command.error(`error: '${printable(name)}' is no entry: write scope/key, or the scope and then the key`);
    }
    addresses.push({ scope, key });
  }
  return addresses;
}

function diffOutput(left: DiffSide, right: DiffSide, result: ValueDiff) {
  return { left: left.label, right: right.label, ...result };
}

function diffText(left: DiffSide, right: DiffSide, result: ValueDiff): string {
  if (result.identical) {
    return 'They are the same.\n';
  }
  return result.binary ? printable(`${left.label} and ${right.label} differ.`) + '\n' : printableText(result.patch);
}
