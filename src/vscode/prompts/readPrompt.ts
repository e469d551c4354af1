import { posix } from 'node:path';
import { Uri } from 'vscode';
import type { WorkspaceFolder } from 'vscode';
import type { Library } from '../../core/cache/library';
import { checkPrompts, promptThreshold } from '../../core/check/checkPrompts';
import type { ContextCacheConfig } from '../../core/config';
import { UserError, describeError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import type { WorkOptions } from '../../core/ports';
import { compilePrompt } from '../../core/prompts/compile';
import { promptLibrary } from '../../core/prompts/library';
import type { InstructionLibrary } from '../../core/prompts/library';
import { parseManifest } from '../../core/prompts/manifest';
import { measurePrompt } from '../../core/prompts/measure';
import { variantNames } from '../../core/prompts/model';
import type { PromptManifest } from '../../core/prompts/model';
import type { ProviderTable } from '../../core/prompts/providers';
import { resolvePrompt } from '../../core/prompts/resolve';
import type { ResolvedPrompt } from '../../core/prompts/resolve';
import type { TokenCounter } from '../../core/tokens/counter';
import { uriOf } from '../instructions/editorFiles';
import { measureFor } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import { partRows } from '../../core/prompts/partRows';
import { createPromptFiles } from './promptFiles';
import type { OpenPromptFiles } from './promptFiles';
import type { PartPlace, PromptState, VariantState } from './promptState';

export interface ReadPromptInput {
  readonly folder: WorkspaceFolder;
  /** Of the manifest, relative to the folder. */
  readonly path: string;
  /** Lock files of the folder, relative to it. */
  readonly lockPaths: readonly string[];
  readonly config: ContextCacheConfig;
  readonly seedable: Library;
  readonly providers: ProviderTable;
  readonly counter: TokenCounter;
  readonly target: CountingTarget;
  /** Whose variants are shown while the manifest can't be compiled. */
  readonly previous: PromptState | undefined;
}

const maxManifestBytes = 4 * 1024 * 1024;

/** Reads, compiles, measures and checks one manifest. Rejects on cancellation, and when counting fails. */
export async function readPrompt(input: ReadPromptInput, options: WorkOptions): Promise<PromptState> {
  const { folder, path, seedable, previous } = input;
  const files = createPromptFiles(folder.uri);
  const location = files.locate(path);
  const library = promptLibrary(seedable.instructions, (place) => pathIn(folder, place));
  const base = {
    id: uriOf(location).toString(),
    uri: uriOf(location),
    folder,
    path,
    library,
    name: previous?.name ?? posix.basename(path).replace(/\.prompt\.ya?ml$/i, ''),
  };
  const findings = await checkPrompts(
    {
      files,
      manifestPaths: [path],
      lockPaths: input.lockPaths,
      library,
      providers: input.providers,
      config: input.config,
      counter: input.counter,
      encoding: input.target.tokenizer.encoding,
      measure: measureFor(input.target),
    },
    options,
  );
  const read = await readManifest(path, files, library, options);
  const uses = new Set([...files.asked, ...libraryPlaces(read.resolved, seedable)]);
  const shared = { ...base, text: read.text, findings: inFilesAsWritten(findings, files, read.resolved, path), uses };
  if (read.resolved === undefined) {
    const variants = previous?.variants ?? [];
    const places = previous?.places ?? new Map<string, PartPlace>();
    return { ...shared, manifest: undefined, resolved: undefined, variants, problem: read.problem, places };
  }
  const { resolved } = read;
  const { manifest } = resolved;
  const measured = await measureVariants(resolved, manifest, input, options);
  return {
    ...shared,
    name: manifest.name,
    manifest,
    resolved,
    variants: measured.variants ?? previous?.variants ?? [],
    problem: measured.problem,
    places: placesOf(resolved, files, path, seedable),
  };
}

async function readManifest(
  path: string,
  files: OpenPromptFiles,
  library: InstructionLibrary,
  options: WorkOptions,
): Promise<{
  readonly text: string | undefined;
  readonly resolved: ResolvedPrompt | undefined;
  readonly problem: string | undefined;
}> {
  let text: string;
  try {
    text = new TextDecoder().decode(await files.read(path, { ...options, maxBytes: maxManifestBytes }));
  } catch (error) {
    if (error instanceof UserError) {
      return { text: undefined, resolved: undefined, problem: describeError(error) };
    }
    throw error;
  }
  const { manifest, findings } = parseManifest(text, files.locate(path));
  if (manifest === undefined) {
    const broken = findings.find(({ severity }) => severity === 'error');
    return { text, resolved: undefined, problem: [broken?.message, broken?.fix].filter(Boolean).join(' ') };
  }
  return { text, resolved: await resolvePrompt(manifest, path, files, library, options), problem: undefined };
}

async function measureVariants(
  resolved: ResolvedPrompt,
  manifest: PromptManifest,
  { counter, target, path, config }: ReadPromptInput,
  options: WorkOptions,
): Promise<{ readonly variants: VariantState[] | undefined; readonly problem: string | undefined }> {
  const variants: VariantState[] = [];
  for (const name of variantNames(manifest)) {
    let compiled;
    try {
      compiled = compilePrompt(resolved, name);
    } catch (error) {
      if (error instanceof UserError) {
        return { variants: undefined, problem: describeError(error) };
      }
      throw error;
    }
    const measured = await measurePrompt(compiled, counter, target.tokenizer.encoding, {
      signal: options.signal,
      priority: 'visible',
    });
    const threshold = promptThreshold(measured, path, config.budgets);
    variants.push({ name, measured, rows: partRows(measured), threshold });
  }
  return { variants, problem: undefined };
}

/** The path of a place within a workspace folder; undefined for what lies elsewhere. */
function pathIn({ uri }: WorkspaceFolder, location: string): string | undefined {
  const place = uriOf(location);
  const base = `${uri.path.replace(/\/$/, '')}/`;
  return place.scheme === uri.scheme && place.path.startsWith(base) ? place.path.slice(base.length) : undefined;
}

function libraryPlaces(resolved: ResolvedPrompt | undefined, seedable: Library): string[] {
  const tags = new Set(resolved?.parts.flatMap(({ instruction }) => instruction?.tag ?? []));
  return seedable.instructions.filter(({ tag }) => tags.has(tag)).map(({ location }) => location);
}

function placesOf(
  { parts }: ResolvedPrompt,
  files: OpenPromptFiles,
  manifestPath: string,
  seedable: Library,
): Map<string, PartPlace> {
  const manifest = uriOf(files.locate(manifestPath));
  const places = new Map<string, PartPlace>();
  for (const { part } of parts) {
    const item = { uri: manifest, range: part.range };
    switch (part.kind) {
      case 'file':
      case 'tools':
        places.set(part.id, { uri: Uri.joinPath(manifest, '..', part.file), range: undefined });
        break;
      case 'instruction': {
        const source = seedable.instructions.find(({ tag }) => tag === part.tag);
        places.set(part.id, source === undefined ? item : { uri: uriOf(source.location), range: undefined });
        break;
      }
      case 'text':
      case 'conversation':
        places.set(part.id, item);
    }
  }
  const first = parts.find(({ part }) => part.kind === 'instruction');
  if (first !== undefined) {
    places.set('on-demand', { uri: manifest, range: first.part.range });
  }
  return places;
}

/** Parts are checked without the empty lines at their head: their findings move down by as many. */
function inFilesAsWritten(
  findings: readonly Finding[],
  files: OpenPromptFiles,
  resolved: ResolvedPrompt | undefined,
  manifestPath: string,
): Finding[] {
  const parts = new Set(
    (resolved?.parts ?? []).flatMap(({ part }) =>
      part.kind === 'file' ? [files.locate(posix.join(posix.dirname(manifestPath), part.file))] : [],
    ),
  );
  return findings.map((finding) => {
    const { path, range } = finding;
    const lines = path !== undefined && parts.has(path) ? (files.leadingLines.get(path) ?? 0) : 0;
    return lines === 0 || range === undefined
      ? finding
      : { ...finding, range: { ...range, startLine: range.startLine + lines, endLine: range.endLine + lines } };
  });
}
