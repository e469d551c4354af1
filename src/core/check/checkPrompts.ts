import type { BudgetConfig, ContextCacheConfig, Threshold } from '../config';
import { describeError, isSourceError, throwIfCancelled } from '../errors';
import type { Finding } from '../findings';
import { asCounted, severityOf } from '../instructions/budgets';
import type { MeasureTokens } from '../instructions/budgets';
import { decodeText } from '../instructions/decode';
import { matchesGlob, toGlob } from '../instructions/globs';
import type { WorkOptions } from '../ports';
import { compilePrompt } from '../prompts/compile';
import type { InstructionLibrary } from '../prompts/library';
import { lintPrompt } from '../prompts/lint/lintPrompt';
import { lockOf, lockText } from '../prompts/lock';
import { parseManifest } from '../prompts/manifest';
import { measurePrompt } from '../prompts/measure';
import type { MeasuredPrompt } from '../prompts/measure';
import { variantNames } from '../prompts/model';
import type { ProviderTable } from '../prompts/providers';
import { resolvePrompt } from '../prompts/resolve';
import type { PromptFiles, ResolvedPrompt } from '../prompts/resolve';
import { encodingNames } from '../tokens/counter';
import type { EncodingName, TokenCounter } from '../tokens/counter';
import { withLevels } from './checkInstructions';

export interface PromptCheckInput {
  readonly files: PromptFiles;
  /** Manifests and lock files, relative to the root of `files`. */
  readonly manifestPaths: readonly string[];
  readonly lockPaths: readonly string[];
  readonly library: InstructionLibrary;
  readonly providers: ProviderTable;
  readonly config: ContextCacheConfig;
  readonly counter: TokenCounter;
  readonly encoding: EncodingName;
  /** What tokens are where they are judged; those of the encoding unless given. */
  readonly measure?: MeasureTokens | undefined;
}

const maxFileBytes = 4 * 1024 * 1024;

/** Manifests that can't be compiled, break the cache, are over budget, or whose lock files are out of date. */
export async function checkPrompts(input: PromptCheckInput, options: WorkOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const locks = await readLocks(input, options, findings);
  for (const path of input.manifestPaths) {
    throwIfCancelled(options.signal);
    const text = await read(input, path, options, findings);
    if (text !== undefined) {
      findings.push(...(await checkManifest(path, text, locks, input, options)));
    }
  }
  return findings;
}

async function checkManifest(
  path: string,
  text: string,
  locks: readonly Lock[],
  input: PromptCheckInput,
  options: WorkOptions,
): Promise<Finding[]> {
  const { files, counter, encoding, config } = input;
  const location = files.locate(path);
  const { manifest, findings: manifestFindings } = parseManifest(text, location);
  if (manifest === undefined) {
    return [...manifestFindings];
  }
  const prompt = await resolvePrompt(manifest, path, files, input.library, options);
  const found: Finding[] = [...manifestFindings, ...prompt.findings];
  const lint = { prompt, manifestPath: path, manifestText: text, files, counter, encoding, providers: input.providers };
  found.push(...withLevels(await lintPrompt(lint, options), config));
  if (found.some(({ severity, id }) => severity === 'error' && !/^CB\d\d$/.test(id))) {
    return found;
  }
  const measured = await measureVariants(prompt, encoding, counter, options);
  if (measured === undefined) {
    return found;
  }
  found.push(...measured.flatMap((variant) => overBudget(variant, path, location, input)));
  for (const lock of locks.filter(({ name }) => name === manifest.name)) {
    const variants =
      lock.encoding === encoding ? measured : await measureVariants(prompt, lock.encoding, counter, options);
    if (variants !== undefined && lockText(lockOf(variants)) !== lock.text) {
      found.push({
        id: 'lock',
        severity: 'error',
        message: `The lock file of '${manifest.name}' is not what its manifest gives now.`,
        fix: `Run \`context-cache prompt compile ${path} --out\` with its folder, and commit the result.`,
        path: lock.location,
      });
    }
  }
  return found;
}

/** Undefined when a variable has no value here, so that only its author can compile it. */
async function measureVariants(
  prompt: ResolvedPrompt,
  encoding: EncodingName,
  counter: TokenCounter,
  options: WorkOptions,
): Promise<MeasuredPrompt[] | undefined> {
  const measured: MeasuredPrompt[] = [];
  for (const variant of variantNames(prompt.manifest)) {
    let compiled;
    try {
      compiled = compilePrompt(prompt, variant);
    } catch {
      return undefined;
    }
    measured.push(await measurePrompt(compiled, counter, encoding, { signal: options.signal }));
  }
  return measured;
}

/** The budget of a variant: its manifest's own, or else the first that names the prompt or matches its path. */
export function promptThreshold(
  { budget, prompt: { name } }: MeasuredPrompt,
  path: string,
  budgets: BudgetConfig,
): Threshold | undefined {
  return budget === undefined
    ? budgets.prompts.find(({ pattern }) => pattern === name || matchesGlob(path, toGlob(pattern, 'name-anywhere')))
    : { warn: budget, error: budget };
}

function overBudget(
  measured: MeasuredPrompt,
  path: string,
  location: string,
  { config, measure = asCounted }: PromptCheckInput,
): Finding[] {
  const { name, variant } = measured.prompt;
  const threshold = promptThreshold(measured, path, config.budgets);
  const { tokens, shown } = measure(measured.tokens);
  const severity = threshold === undefined ? undefined : severityOf(tokens, threshold);
  if (threshold === undefined || severity === undefined) {
    return [];
  }
  const limit = severity === 'error' ? threshold.error : threshold.warn;
  const message = `The variant '${variant}' of '${name}' has ${shown} tokens; its budget is ${limit}.`;
  return [{ id: 'budget', severity, message, fix: 'Put parts on demand, or shorten them.', path: location }];
}

interface Lock {
  readonly location: string;
  readonly name: string;
  readonly encoding: EncodingName;
  readonly text: string;
}

async function readLocks(input: PromptCheckInput, options: WorkOptions, findings: Finding[]): Promise<Lock[]> {
  const locks: Lock[] = [];
  for (const path of input.lockPaths) {
    const text = await read(input, path, options, findings);
    if (text === undefined) {
      continue;
    }
    const location = input.files.locate(path);
    const fields = parseLock(text);
    if (fields === undefined) {
      const message = `\`${path}\` is no lock file of a prompt.`;
      findings.push({ id: 'lock', severity: 'error', message, fix: 'Compile the prompt again.', path: location });
    } else {
      locks.push({ ...fields, location, text: text.replace(/\r\n/g, '\n') });
    }
  }
  return locks;
}

function parseLock(text: string): Pick<Lock, 'name' | 'encoding'> | undefined {
  try {
    const value = JSON.parse(text) as { readonly name?: unknown; readonly encoding?: unknown } | null;
    const encoding = encodingNames.find((name) => name === value?.encoding);
    return typeof value?.name === 'string' && encoding !== undefined ? { name: value.name, encoding } : undefined;
  } catch {
    return undefined;
  }
}

async function read(
  input: PromptCheckInput,
  path: string,
  options: WorkOptions,
  findings: Finding[],
): Promise<string | undefined> {
  const location = input.files.locate(path);
  try {
    const source = decodeText(await input.files.read(path, { ...options, maxBytes: maxFileBytes }), location);
    findings.push(...source.problems);
    return source.status === 'valid' ? source.text : undefined;
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    findings.push({ id: 'unreadable', severity: 'error', message: describeError(error), path: location });
    return undefined;
  }
}
