import { posix } from 'node:path';
import { isSourceError, throwIfCancelled } from '../errors';
import type { Finding } from '../findings';
import { decodeText } from '../instructions/decode';
import type { InstructionFiles } from '../instructions/files';
import type { WorkOptions } from '../ports';
import type { InstructionLibrary, LibraryInstruction } from './library';
import type { PromptManifest, PromptPart } from './model';
import { normaliseText, placeholdersOf } from './promptText';
import { readTools } from './tools';
import type { ToolSchema } from './tools';

/** Larger parts are refused: no model takes them. */
const maxPartBytes = 4 * 1024 * 1024;

/** The files of a workspace; paths are relative to its root, with `/`. */
export type PromptFiles = Pick<InstructionFiles, 'locate' | 'read'>;

/** A part with its text, normalised but with its placeholders. */
export interface ResolvedPart {
  readonly part: PromptPart;
  /** Empty for tools and for the conversation. */
  readonly text: string;
  readonly tools: readonly ToolSchema[];
  readonly instruction: LibraryInstruction | undefined;
}

/** A manifest with the texts of all its parts: everything that compiling needs. */
export interface ResolvedPrompt {
  readonly manifest: PromptManifest;
  readonly parts: readonly ResolvedPart[];
  /** About missing files, unknown tags and undeclared variables; an error stops compiling. */
  readonly findings: readonly Finding[];
}

/**
 * Reads what the parts of a manifest name. `manifestPath` is relative to the root of `files`; parts may lie anywhere
 * below that root and nowhere else.
 */
export async function resolvePrompt(
  manifest: PromptManifest,
  manifestPath: string,
  files: PromptFiles,
  library: InstructionLibrary,
  options: WorkOptions = {},
): Promise<ResolvedPrompt> {
  const findings: Finding[] = [];
  const parts: ResolvedPart[] = [];
  for (const part of manifest.parts) {
    throwIfCancelled(options.signal);
    const report = (severity: Finding['severity'], id: string, message: string, fix: string): void => {
      findings.push({ id, severity, message, fix, path: files.locate(manifestPath), range: part.range });
    };
    parts.push(await resolvePart(part, manifestPath, files, library, report, options));
    for (const { name } of placeholdersOf(parts.at(-1)!.text)) {
      if (!manifest.variables.has(name)) {
        const message = `Part \`${part.id}\` says {{${name}}}, and no variable has that name: it stays as it is.`;
        report(
          'information',
          'undeclared-variable',
          message,
          `Declare \`${name}\` under \`variables:\` with its kind.`,
        );
      }
    }
  }
  return { manifest, parts, findings };
}

type Report = (severity: Finding['severity'], id: string, message: string, fix: string) => void;

async function resolvePart(
  part: PromptPart,
  manifestPath: string,
  files: PromptFiles,
  library: InstructionLibrary,
  report: Report,
  options: WorkOptions,
): Promise<ResolvedPart> {
  const nothing: ResolvedPart = { part, text: '', tools: [], instruction: undefined };
  switch (part.kind) {
    case 'text':
      return { ...nothing, text: normaliseText(part.text) };
    case 'conversation':
      return nothing;
    case 'instruction': {
      const instruction = library.get(part.tag);
      if (instruction === undefined) {
        const known = [...library.keys()].sort().map((tag) => `\`${tag}\``);
        const fix = known.length === 0 ? 'The library is empty: name its folder.' : `Use one of ${known.join(', ')}.`;
        report('error', 'unknown-instruction', `No instruction of the library has the tag \`${part.tag}\`.`, fix);
        return nothing;
      }
      if ((part.whenToUse ?? instruction.description) === undefined) {
        const message = `The instruction \`${part.tag}\` does not say when to use it, so an agent will not fetch it.`;
        report('warning', 'when-to-use', message, 'Add a `description:` with a phrase such as "Use when …".');
      }
      if (part.fetch === 'path' && instruction.path === undefined) {
        const message = `The instruction \`${part.tag}\` is no file of this workspace and can't be fetched by its path.`;
        report('error', 'unknown-instruction', message, 'Use `fetch: tool`, or copy the file into a library folder.');
      }
      return { ...nothing, text: normaliseText(instruction.body), instruction };
    }
    case 'file':
    case 'tools': {
      const text = await readPart(part.file, manifestPath, files, report, options);
      if (part.kind === 'file') {
        return { ...nothing, text: normaliseText(text ?? '') };
      }
      try {
        return { ...nothing, tools: text === undefined ? [] : readTools(text, part.file) };
      } catch (error) {
        report('error', 'part-file', (error as Error).message, 'Correct the file of tool schemas.');
        return nothing;
      }
    }
  }
}

async function readPart(
  file: string,
  manifestPath: string,
  files: PromptFiles,
  report: Report,
  options: WorkOptions,
): Promise<string | undefined> {
  const path = posix.join(posix.dirname(manifestPath), file);
  if (path === '..' || path.startsWith('../')) {
    report('error', 'part-file', `\`${file}\` lies outside of the workspace.`, 'Move it into the workspace.');
    return undefined;
  }
  try {
    const bytes = await files.read(path, { ...options, maxBytes: maxPartBytes });
    const { text, status, problems } = decodeText(bytes, files.locate(path));
    for (const { message, fix } of problems) {
      report(status === 'valid' ? 'warning' : 'error', 'part-file', `\`${file}\`: ${message}`, fix ?? '');
    }
    return text;
  } catch (error) {
    if (isSourceError(error, 'not-found', 'forbidden', 'too-large', 'unavailable', 'unsupported')) {
      report('error', 'part-file', `\`${file}\`: ${error.message}`, error.nextStep);
      return undefined;
    }
    throw error;
  }
}
