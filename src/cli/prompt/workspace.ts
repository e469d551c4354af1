import { access, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { configFileName } from '../../core/config';
import type { ContextCacheConfig } from '../../core/config';
import { SourceError, UserError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { promptLibrary } from '../../core/prompts/library';
import { parseManifest } from '../../core/prompts/manifest';
import type { PromptManifest } from '../../core/prompts/model';
import type { TokenIds } from '../../core/prompts/prefix/analyse';
import { loadProviders } from '../../core/prompts/providers';
import type { ProviderTable } from '../../core/prompts/providers';
import { resolvePrompt } from '../../core/prompts/resolve';
import type { PromptFiles, ResolvedPrompt } from '../../core/prompts/resolve';
import { createTokenCounter } from '../../core/tokens/localCounter';
import type { LocalTokenCounter } from '../../core/tokens/localCounter';
import { openLibrary } from '../cache/library';
import { readConfig } from '../instructionRoots';
import { describeFinding, pathInside } from '../findings';
import { dataFolderOf } from '../dataFolder';
import type { CliContext } from '../io';
import type { PromptOptions } from './options';

/** Larger inputs are no prompt. */
const maxInputBytes = 16 * 1024 * 1024;

/** A manifest with everything that its parts name. */
export interface OpenedPrompt {
  readonly manifest: PromptManifest;
  readonly prompt: ResolvedPrompt;
  /** Relative to `root`, with `/`. */
  readonly manifestPath: string;
  readonly manifestText: string;
  /** Absolute. */
  readonly location: string;
  readonly root: string;
  readonly files: PromptFiles;
  /** Of the manifest and of its parts. */
  readonly findings: readonly Finding[];
}

/** Opens a manifest; throws a `UserError` that lists what is wrong when it can't be compiled. */
export async function openPrompt(context: CliContext, file: string, options: PromptOptions): Promise<OpenedPrompt> {
  const location = resolve(context.cwd, file);
  const manifestText = await readText(location);
  const root = await workspaceOf(location);
  const { manifest, findings } = parseManifest(manifestText, location);
  if (manifest === undefined) {
    throw new UserError(findings.map((finding) => describeFinding(finding, context.cwd)).join('\n'), '');
  }
  const seedable = await openLibrary(context, root, options);
  const library = promptLibrary(seedable.instructions, (path) => pathInside(root, path));
  const files = nodeInstructionFiles(root);
  const manifestPath = pathInside(root, location)!;
  const prompt = await resolvePrompt(manifest, manifestPath, files, library, { signal: context.signal });
  const all = [...findings, ...prompt.findings];
  return { manifest, prompt, manifestPath, manifestText, location, root, files, findings: all };
}

/** The folder that a manifest's paths may not leave: the nearest with `context-cache.yaml` or `.git`, else its own. */
async function workspaceOf(file: string): Promise<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    for (const mark of [configFileName, '.git']) {
      try {
        await access(join(folder, mark));
        return folder;
      } catch {
        // Not this one.
      }
    }
    if (folder === dirname(folder)) {
      return dirname(file);
    }
  }
}

export async function configOf(file: string): Promise<ContextCacheConfig> {
  return (await readConfig(await workspaceOf(file))).config;
}

export async function openProviders(
  context: CliContext,
  options: { readonly providers?: string },
): Promise<ProviderTable> {
  if (options.providers === undefined) {
    return loadProviders();
  }
  const location = resolve(context.cwd, options.providers);
  return loadProviders({ text: await readText(location), location });
}

/** A counter that also gives token ids; dispose it after use. */
export function openCounter(context: CliContext): LocalTokenCounter & TokenIds {
  const counter = createTokenCounter({ dataFolder: dataFolderOf(context) });
  return Object.assign(counter, {
    encode: async (text: string, encoding: Parameters<TokenIds['encode']>[1]) =>
      (await counter.encoder(encoding)).encode(text),
  });
}

/** The text of a file; a `SourceError` that names it when it can't be read. */
export async function readText(path: string): Promise<string> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) {
      throw new SourceError('unsupported', `\`${path}\` is not a file.`, { nextStep: 'Give a file.' });
    }
    if (facts.size > maxInputBytes) {
      const nextStep = `Give a file of at most ${maxInputBytes} bytes.`;
      throw new SourceError('too-large', `\`${path}\` has ${facts.size} bytes.`, { nextStep });
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof SourceError) {
      throw error;
    }
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SourceError(
      missing ? 'not-found' : 'forbidden',
      `\`${path}\` ${missing ? 'does not exist' : "can't be read"}.`,
      {
        nextStep: 'Check the path and your right to read it.',
        cause: error,
      },
    );
  }
}
