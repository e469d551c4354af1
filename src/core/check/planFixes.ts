import { posix } from 'node:path';
import type { ContextCacheConfig } from '../config';
import { isSourceError, throwIfCancelled } from '../errors';
import { decodeText, maxInstructionBytes } from '../instructions/decode';
import type { InstructionFiles } from '../instructions/files';
import type { WorkOptions } from '../ports';
import type { InstructionLibrary } from '../prompts/library';
import type { LintFinding } from '../prompts/lint/finding';
import { lintPartText, lintPrompt } from '../prompts/lint/lintPrompt';
import { lintText } from '../prompts/lint/lintText';
import { manifestRepairs } from '../prompts/lint/manifestRepairs';
import { applyTextEdits } from '../prompts/lint/repair';
import type { Repair } from '../prompts/lint/repair';
import { textRepairs } from '../prompts/lint/textRepairs';
import { parseManifest } from '../prompts/manifest';
import type { ProviderTable } from '../prompts/providers';
import { resolvePrompt } from '../prompts/resolve';
import type { PromptFiles } from '../prompts/resolve';
import type { EncodingName, TokenCounter } from '../tokens/counter';

export interface FixInput {
  /** Everything below the folder, and nothing else: what a link leads out to is no part of it. */
  readonly files: InstructionFiles;
  /** Relative to the root of `files`. */
  readonly manifestPaths: readonly string[];
  readonly instructionPaths: readonly string[];
  readonly library: InstructionLibrary;
  readonly config: ContextCacheConfig;
  readonly providers: ProviderTable;
  readonly counter: TokenCounter;
  readonly encoding: EncodingName;
  /** Only what leaves a text's meaning as it is for sure, as the editor's Fix All does. */
  readonly safeOnly: boolean;
}

/** A file before and after all repairs; nothing is written yet. */
export interface FixedFile {
  /** Relative to the root, with links followed. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** What was done, in the words of the editor's quick fixes, in their order. */
  readonly titles: readonly string[];
}

/** Each repair may make another possible; none needs so many. */
const mostRepairs = 200;

/**
 * Repairs what the lint finds in instruction files and in manifests with the files of their parts, by the first quick
 * fix that the editor offers for each finding. Sorted by path; nothing is written.
 */
export async function planFixes(input: FixInput, options: WorkOptions = {}): Promise<readonly FixedFile[]> {
  const texts = new EditedTexts(input.files, options);
  // A manifest first: its variables stand in its parts, which may be instructions, too.
  for (const path of input.manifestPaths) {
    await repeat(texts, options, async () => manifestChoices(path, input, texts, options));
  }
  for (const path of input.instructionPaths) {
    await repeat(texts, options, async () => instructionChoices(path, input, texts));
  }
  return texts.changed();
}

/** One repair after the other, each on what the one before left, until there is none or nothing new comes of it. */
async function repeat(
  texts: EditedTexts,
  { signal }: WorkOptions,
  choicesNow: () => Promise<readonly Repair[]>,
): Promise<void> {
  for (let done = 0; done < mostRepairs; done += 1) {
    throwIfCancelled(signal);
    const applied = (await choicesNow()).some((repair) => texts.apply(repair));
    if (!applied) {
      return;
    }
  }
}

async function manifestChoices(
  path: string,
  { files, library, config, providers, counter, encoding, safeOnly }: FixInput,
  texts: EditedTexts,
  options: WorkOptions,
): Promise<readonly Repair[]> {
  const manifestText = await texts.textOf(path);
  const location = files.locate(path);
  const manifest = manifestText === undefined ? undefined : parseManifest(manifestText, location).manifest;
  if (manifest === undefined || manifestText === undefined) {
    return []; // The check says what is wrong with it.
  }
  const prompt = await resolvePrompt(manifest, path, texts, library, options);
  const lint = { prompt, manifestPath: path, manifestText, files: texts, counter, encoding, providers };
  const own = (await lintPrompt(lint, options)).filter((finding) => finding.path === location);
  const partTexts = new Map(prompt.parts.map(({ part, text }) => [part.id, text]));
  const repairsOf = (findings: readonly LintFinding[], text: string): readonly Repair[] =>
    chosen(findings, config, safeOnly, (finding) =>
      manifestRepairs(finding, { manifest, manifestText, manifestLocation: location, partTexts, text }),
    );
  const repairs = [...repairsOf(own, manifestText)];
  for (const part of manifest.parts) {
    const place = part.kind === 'file' ? posix.join(posix.dirname(path), part.file) : undefined;
    const text = place === undefined ? undefined : await texts.textOf(place);
    if (place !== undefined && text !== undefined) {
      const { variables } = manifest;
      repairs.push(...repairsOf(lintPartText({ text, location: texts.locate(place), variables }), text));
    }
  }
  return repairs;
}

async function instructionChoices(
  path: string,
  { config, safeOnly }: FixInput,
  texts: EditedTexts,
): Promise<readonly Repair[]> {
  const text = await texts.textOf(path);
  return text === undefined
    ? []
    : chosen(lintText({ text, kind: 'instruction', location: texts.locate(path) }), config, safeOnly, (finding) =>
        textRepairs(finding, text),
      );
}

/** The first repair of each finding whose rule is not off. */
function chosen(
  findings: readonly LintFinding[],
  config: ContextCacheConfig,
  safeOnly: boolean,
  repairsOf: (finding: LintFinding) => readonly Repair[],
): readonly Repair[] {
  return findings
    .filter(({ id }) => config.lint[id] !== 'off')
    .flatMap((finding) => repairsOf(finding).slice(0, 1))
    .filter(({ safe, edits }) => edits.length > 0 && (safe || !safeOnly));
}

interface EditedText {
  readonly before: string;
  after: string;
  readonly titles: string[];
}

/** The files with what was repaired so far; nothing is written. */
class EditedTexts implements PromptFiles {
  readonly #files: InstructionFiles;
  readonly #options: WorkOptions;
  /** By path, with links followed. */
  readonly #texts = new Map<string, EditedText>();
  readonly #realPaths = new Map<string, string | undefined>();
  readonly #byLocation = new Map<string, string>();
  /** Contents that a file had already: a repair that leads back to one would never end. */
  readonly #seen = new Set<string>();

  constructor(files: InstructionFiles, options: WorkOptions) {
    this.#files = files;
    this.#options = options;
  }

  locate(path: string): string {
    return this.#files.locate(path);
  }

  /** The text as it would be now; undefined for what is no text, lies outside, or can not be read. */
  async textOf(path: string): Promise<string | undefined> {
    if (!this.#realPaths.has(path)) {
      this.#realPaths.set(path, await this.#load(path));
    }
    const real = this.#realPaths.get(path);
    return real === undefined ? undefined : this.#texts.get(real)?.after;
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes: number }): Promise<Uint8Array> {
    const text = await this.textOf(path);
    return text === undefined ? this.#files.read(path, options) : Buffer.from(text);
  }

  async #load(path: string): Promise<string | undefined> {
    try {
      const { kind, realPath } = await this.#files.stat(path, this.#options);
      if (kind !== 'file') {
        return undefined;
      }
      if (!this.#texts.has(realPath)) {
        const bytes = await this.#files.read(path, { ...this.#options, maxBytes: maxInstructionBytes });
        const { text, status, problems } = decodeText(bytes, this.locate(path));
        if (status !== 'valid' || problems.length > 0) {
          return undefined; // Written anew, the bytes that are no text would be lost.
        }
        this.#texts.set(realPath, { before: text, after: text, titles: [] });
        this.#seen.add(`${realPath}\n${text}`);
      }
      this.#byLocation.set(this.locate(path), realPath);
      return realPath;
    } catch (error) {
      if (isSourceError(error) && error.code !== 'cancelled') {
        return undefined; // The check says so.
      }
      throw error;
    }
  }

  /** False when a repair changes nothing, leads back, or touches anything that was not read from the tree. */
  apply({ title, edits }: Repair): boolean {
    const byPath = new Map<string, Repair['edits']>();
    for (const edit of edits) {
      const real = this.#byLocation.get(edit.path);
      if (real === undefined) {
        return false;
      }
      byPath.set(real, [...(byPath.get(real) ?? []), edit]);
    }
    const results = [...byPath].map(([path, own]) => {
      const text = this.#texts.get(path)!;
      return { path, text, after: applyTextEdits(text.after, own) };
    });
    if (results.every(({ path, after }) => this.#seen.has(`${path}\n${after}`))) {
      return false;
    }
    for (const { path, text, after } of results) {
      text.after = after;
      text.titles.push(title);
      this.#seen.add(`${path}\n${after}`);
    }
    return true;
  }

  changed(): readonly FixedFile[] {
    return [...this.#texts]
      .filter(([, { before, after }]) => before !== after)
      .map(([path, text]) => ({ path, ...text }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
