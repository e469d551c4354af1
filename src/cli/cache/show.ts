import { Argument } from 'commander';
import type { Command } from 'commander';
import { fingerprintOf } from '../../core/cache/fingerprint';
import { sanitizeKey } from '../../core/cache/keys';
import type { CacheEntry, CacheSnapshot, ScopeName } from '../../core/cache/model';
import { readSnapshot } from '../../core/cache/snapshot';
import { UserError } from '../../core/errors';
import type { FileTree } from '../../core/fileTree';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { printable, printablePieces } from '../text';
import { countValues, decode } from './countValues';
import { entryOutput } from './entryOutput';
import type { SourceOptions, TokenOptions } from './options';
import { addSourceOption, addTokenOptions, scopeArgument } from './options';

type ShowOptions = SourceOptions & TokenOptions;

/** Larger values are not printed. */
const maxShownBytes = 256 * 1024 * 1024;
/** One document must fit into one string, also when every character of the value is escaped. */
const maxJsonBytes = 64 * 1024 * 1024;

/** `cache show`: one value, or with `--json` its entry and its value. */
export function addShowCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('show')
    .description('print a value; with --json its entry and its value (binary values in base64)')
    .addArgument(new Argument('<scope>', 'the scope').argParser(scopeArgument))
    .argument('<key>', 'the key, as given or as kept');
  addTokenOptions(addSourceOption(command)).action(run(show));
}

async function show(context: CliContext, scope: ScopeName, key: string, options: ShowOptions): Promise<ExitCode> {
  const { tree } = await openSource(context, options);
  const snapshot = await readSnapshot(tree, { clock: context.clock, signal: context.signal });
  const found = findEntry(snapshot, scope, key);
  const value = await readValue(tree, found, {
    signal: context.signal,
    maxBytes: context.json ? maxJsonBytes : maxShownBytes,
  });
  const entry = value === undefined ? found : verified(found, value);
  if (entry.state === 'corrupt') {
    context.message('The value does not have the fingerprint that its index entry records.');
  }
  const text = value === undefined ? undefined : decode(value);
  if (context.json) {
    const tokens = countValues(options, context);
    try {
      if (value !== undefined) {
        await tokens.onValue(`${scope}/${entry.key}`, value);
      }
      const binary = value !== undefined && text === undefined;
      context.out(
        formatJson({
          scope,
          ...entryOutput(entry, tokens.of(scope, entry.key)),
          value: binary ? Buffer.from(value).toString('base64') : (text ?? null),
          valueEncoding: value === undefined ? null : binary ? 'base64' : 'utf-8',
        }),
      );
    } finally {
      tokens.dispose();
    }
  } else if (text !== undefined) {
    for (const piece of printablePieces(text)) {
      context.out(piece);
    }
    if (text !== '' && !text.endsWith('\n')) {
      context.out('\n');
    }
  } else if (value !== undefined) {
    context.message(`The value is binary (${value.byteLength} bytes). Use --json to get it in base64.`);
  }
  if (value === undefined) {
    context.message(absence(entry));
    return 1;
  }
  return 0;
}

/** The entry of a key as it is kept or as a caller gives it; throws a `UserError` when there is none. */
export function findEntry(snapshot: CacheSnapshot, scopeName: ScopeName, key: string): CacheEntry {
  const scope = snapshot.scopes.find((candidate) => candidate.scope === scopeName);
  if (scope?.problem !== undefined) {
    throw new UserError(scope.problem, 'Run the health check to see what can be done.');
  }
  const entries = scope?.entries ?? [];
  const entry =
    entries.find((candidate) => candidate.key === key) ??
    entries.find((candidate) => candidate.key === sanitizedOrSame(key)) ??
    entries.find((candidate) => candidate.originalKey === key);
  if (entry === undefined) {
    throw new UserError(
      `There is no '${printable(key)}' in the scope '${scopeName}'.`,
      'List the cache to see its keys.',
    );
  }
  return entry;
}

function sanitizedOrSame(key: string): string {
  try {
    return sanitizeKey(key);
  } catch {
    return key;
  }
}

/** The entry with what its bytes tell; a foreign one stays that, which weighs more. */
function verified(entry: CacheEntry, value: Uint8Array): CacheEntry {
  const actual = fingerprintOf(value);
  if (entry.state === 'orphan' || entry.fingerprint === undefined) {
    return { ...entry, fingerprint: actual };
  }
  return actual === entry.fingerprint || entry.state === 'foreign' ? entry : { ...entry, state: 'corrupt' };
}

/** Why there is no value to show. */
function absence(entry: CacheEntry): string {
  const name = `'${entry.scope}/${printable(entry.key)}'`;
  return entry.states.includes('missing')
    ? `The index lists ${name}, but its file is missing. Restore an earlier version, or repair the index.`
    : `${name} is a link, and links are not followed. Replace the link with what it points to.`;
}

async function readValue(
  tree: FileTree,
  entry: CacheEntry,
  options: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<Uint8Array | undefined> {
  if (entry.fileBytes === undefined) {
    return undefined;
  }
  return tree.read(`${entry.scope}/${entry.key}`, options);
}
