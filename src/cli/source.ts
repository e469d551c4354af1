import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { basename, dirname, resolve } from 'node:path';
import { sourceFileReader } from '../core/cache/summarySource';
import type { SourceFileReader } from '../core/cache/summarySource';
import { UserError } from '../core/errors';
import type { FileTree } from '../core/fileTree';
import { nodeInstructionFiles } from '../core/instructions/nodeFiles';
import { locateCache } from '../core/sources/locateCache';
import type { SourceConfig } from '../core/sources/sourceConfig';
import { openSourceTree, parseSourceConfig, sourcePlace } from '../core/sources/sourceConfig';
import type { CliContext } from './io';

/** How a command is told which cache it works on. */
export interface SourceChoice {
  /** A workspace, a kv-cache folder, or an address such as `ssh://host/abs/path`. */
  readonly source?: string;
  /** A program with arguments that runs a shell in the sandbox, in place of `source`. */
  readonly sourceCommand?: readonly string[];
  /** Absolute path of the kv-cache folder, with `sourceCommand`. */
  readonly root?: string;
}

/** A cache that a command works on. */
export interface OpenedSource {
  /** Disposed at the end of the command. */
  readonly tree: FileTree;
  /** Where it is, for output. */
  readonly place: string;
  /** The kv-cache folder where it is one of this machine; the first write may create it. */
  readonly folder: string | undefined;
  /** The workspace whose libraries belong to the cache; the current folder for one that is somewhere else. */
  readonly workspace: string;
  /** Looks at the files of that workspace, which summaries name. */
  readonly sourceFiles: SourceFileReader;
}

const addressHelp = `
A source on another machine is one of
  ssh://[user@]host[:port]/path/to/kv-cache    through your own ssh, its configuration and its agent
                                               (CONTEXT_CACHE_SSH_CONFIG names another configuration file)
  daytona://SANDBOX_ID/path/to/kv-cache        with DAYTONA_API_KEY and DAYTONA_API_URL from the environment
  https://host/api/sandboxes/ID/kv-cache       the HTTP API of the cache, with CONTEXT_CACHE_HTTP_KEY as a bearer token
                                               (CONTEXT_CACHE_HTTP_KEY_HEADER=x-api-key sends it as an API key)
  --source-command '["docker", "exec", "-i", "NAME"]' --root /path/to/kv-cache`;

/** The options that name a cache. */
export function addSourceOptions(command: Command, what: string, unlessGiven?: string): Command {
  return command
    .option('--source <place>', what, unlessGiven)
    .addOption(
      new Option('--source-command <json>', 'a program that runs a shell in the sandbox, as a JSON array; with --root')
        .argParser(parseCommand)
        .conflicts('source'),
    )
    .option('--root <path>', 'the kv-cache folder in the sandbox of --source-command')
    .addHelpText('after', addressHelp);
}

/** Whether a cache was named at all. */
export function namesSource({ source, sourceCommand, root }: SourceChoice): boolean {
  return source !== undefined || sourceCommand !== undefined || root !== undefined;
}

/**
 * Opens the cache that was chosen. A folder is the cache itself or a workspace, relative to the current folder, and
 * throws a SourceError when there is none; with `create`, a workspace without a cache is given one by the first write.
 * Other places are connected by their first use.
 */
export async function openSource(
  context: CliContext,
  choice: SourceChoice,
  options: { readonly create?: boolean } = {},
): Promise<OpenedSource> {
  const remote = remoteConfig(context, choice);
  if (remote !== undefined) {
    return { tree: open(context, remote), place: sourcePlace(remote), folder: undefined, ...filesOf(context.cwd) };
  }
  const folder = await locateCache(resolve(context.cwd, choice.source ?? '.'), options);
  const tree = open(context, { kind: 'folder', name: folder, path: folder });
  return { tree, place: folder, folder, ...filesOf(workspaceOf(folder)) };
}

/** Opens any folder as it is, not only the cache of a sandbox: `fallback` unless one was chosen. Nothing is read yet. */
export function openPlace(
  context: CliContext,
  choice: SourceChoice,
  fallback: string,
): Pick<OpenedSource, 'tree' | 'place'> {
  const remote = remoteConfig(context, choice);
  if (remote !== undefined) {
    return { tree: open(context, remote), place: sourcePlace(remote) };
  }
  const path = resolve(context.cwd, choice.source ?? fallback);
  return { tree: open(context, { kind: 'folder', name: path, path }), place: path };
}

function filesOf(workspace: string): Pick<OpenedSource, 'workspace' | 'sourceFiles'> {
  return { workspace, sourceFiles: sourceFileReader(nodeInstructionFiles(workspace)) };
}

function open(context: CliContext, config: SourceConfig): FileTree {
  const { env } = context;
  const tree = openSourceTree(config, {
    daytonaKey: async () => Promise.resolve(env['DAYTONA_API_KEY']),
    daytonaUrl: given(env['DAYTONA_API_URL']),
    httpKey: async () => Promise.resolve(env['CONTEXT_CACHE_HTTP_KEY']),
    sshConfigFile: given(env['CONTEXT_CACHE_SSH_CONFIG']),
  });
  context.own(tree);
  return tree;
}

/** The workspace that a local cache belongs to. */
function workspaceOf(folder: string): string {
  return dirname(dirname(folder));
}

function remoteConfig({ env }: CliContext, { source, sourceCommand, root }: SourceChoice): SourceConfig | undefined {
  if (sourceCommand !== undefined) {
    if (root === undefined) {
      throw new UserError(
        '--source-command needs --root.',
        'Give the absolute path of the kv-cache folder with --root.',
      );
    }
    return parseSourceConfig({ name: basename(sourceCommand[0] ?? ''), kind: 'command', command: sourceCommand, root });
  }
  if (root !== undefined) {
    throw new UserError('--root goes with --source-command.', 'Name a folder with --source instead.');
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(source ?? '')?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') {
    const keyHeader = given(env['CONTEXT_CACHE_HTTP_KEY_HEADER']);
    const name = URL.canParse(source!) ? new URL(source!).host : scheme;
    return parseSourceConfig({ name, kind: 'http', url: source, ...(keyHeader === undefined ? {} : { keyHeader }) });
  }
  return scheme === undefined ? undefined : parseAddress(source!, scheme);
}

function parseAddress(address: string, scheme: string): SourceConfig {
  const shape = /^[^:]+:\/\/(?:([^@/]*)@)?([^/]*?)(?::(\d+))?(\/.*)?$/.exec(address);
  const [, user, host = '', port, root] = shape ?? [];
  const name = host === '' ? scheme : host;
  switch (scheme) {
    case 'ssh':
      if (user?.includes(':') === true) {
        throw new UserError(
          'The address of the source holds a password.',
          'Leave it out: keys come from your SSH agent.',
        );
      }
      return parseSourceConfig({
        name,
        kind: 'ssh',
        host,
        root,
        ...(user === undefined ? {} : { user }),
        ...(port === undefined ? {} : { port: Number(port) }),
      });
    case 'daytona':
      if (user !== undefined || port !== undefined) {
        throw new UserError(
          'The address of a Daytona sandbox has a user or a port.',
          'Write it as daytona://SANDBOX_ID/path; the key comes from DAYTONA_API_KEY.',
        );
      }
      return parseSourceConfig({ name, kind: 'daytona', sandboxId: host, root });
    default:
      throw new UserError(
        `Sources of the kind '${scheme}' are not known.`,
        'Name a folder, ssh://host/path, daytona://SANDBOX_ID/path, an https address, or a program with --source-command.',
      );
  }
}

function parseCommand(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((word) => typeof word === 'string')) {
    throw new InvalidArgumentError('Give a JSON array of texts such as ["docker", "exec", "-i", "name"].');
  }
  return value;
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
