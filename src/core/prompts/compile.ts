import { UserError } from '../errors';
import { compareText } from '../instructions/model';
import { fullVariant, leastStable, variantNames } from './model';
import type { InstructionPart, PromptManifest, Stability } from './model';
import { fillIn, stabilityOf, variablesIn } from './promptText';
import type { ResolvedPart, ResolvedPrompt } from './resolve';
import { toolLines } from './tools';
import type { ToolSchema } from './tools';

/** Stands in compiled prompts where the messages of the conversation go. */
export const conversationMark = '{{conversation}}';
const separator = '\n\n';

/** One piece of a compiled prompt, in the order in which it is sent. */
export interface CompiledPiece {
  /** The id of the part; `on-demand` for the index of instructions that are fetched. */
  readonly id: string;
  readonly kind: 'text' | 'file' | 'instruction' | 'index' | 'tools' | 'conversation';
  /** Ends without a line break. */
  readonly text: string;
  readonly stability: Stability;
  /** The least stable of this piece and all before it: what its place in a cache is worth. */
  readonly prefixStability: Stability;
  /** Names of the variables in it. */
  readonly variables: readonly string[];
  /** What it was made from: a path relative to the manifest, or tags. */
  readonly source: string | undefined;
  /** Tags that an index entry stands for. */
  readonly onDemand: readonly string[];
  readonly tools: readonly ToolSchema[];
}

/** One variant of a prompt. The same manifest and files give the same bytes on every machine. */
export interface CompiledPrompt {
  readonly name: string;
  readonly variant: string;
  readonly manifest: PromptManifest;
  readonly pieces: readonly CompiledPiece[];
  /** All pieces, an empty line between two, one line break at the end. */
  readonly text: string;
  /** Where each piece begins in `text` (UTF-16); as many as there are pieces. */
  readonly offsets: readonly number[];
}

export interface CompileOptions {
  /** Values of variables by name. */
  readonly values?: ReadonlyMap<string, string>;
}

const indexId = 'on-demand';

/** Compiles one variant. Throws a `UserError` when the manifest has errors or no such variant. */
export function compilePrompt(prompt: ResolvedPrompt, variant: string, options: CompileOptions = {}): CompiledPrompt {
  const { manifest, findings } = prompt;
  const broken = findings.find(({ severity }) => severity === 'error');
  if (broken !== undefined) {
    throw new UserError(`The prompt '${manifest.name}' can't be compiled: ${broken.message}`, broken.fix ?? '');
  }
  const names = variantNames(manifest);
  if (!names.includes(variant)) {
    throw new UserError(`'${manifest.name}' has no variant '${variant}'.`, `Use one of ${names.join(', ')}.`);
  }
  const values = options.values ?? new Map<string, string>();
  const parts = prompt.parts.filter(({ part }) => standsIn(manifest, part, variant));
  const onDemand = parts.filter(({ part }) => part.kind === 'instruction' && !isInline(manifest, part, variant));
  const pieces: CompiledPiece[] = [];
  let prefix: Stability = 'static';
  const add = (
    piece: Omit<CompiledPiece, 'stability' | 'prefixStability' | 'variables' | 'text'>,
    raw: string,
  ): void => {
    const stability = piece.kind === 'conversation' ? 'turn' : stabilityOf(raw, manifest.variables);
    const text = fillIn(raw, manifest.variables, values);
    if (text === '') {
      return;
    }
    prefix = leastStable(prefix, stability);
    const variables = variablesIn(raw, manifest.variables).map(({ name }) => name);
    pieces.push({ ...piece, text, stability, prefixStability: prefix, variables });
  };
  for (const resolved of parts) {
    const { part } = resolved;
    const base = { id: part.id, kind: part.kind, source: undefined, onDemand: [], tools: [] };
    if (part.kind === 'tools') {
      add({ ...base, source: part.file, tools: resolved.tools }, toolLines(resolved.tools));
    } else if (part.kind === 'conversation') {
      add(base, conversationMark);
    } else if (resolved === onDemand[0]) {
      // All entries stand together, where the first of them stands: one list is read, scattered lines are not.
      const tags = onDemand.map((entry) => entry.instruction!.tag).sort(compareText);
      add(
        { ...base, id: indexId, kind: 'index', source: tags.join(', '), onDemand: tags },
        indexText(manifest, onDemand),
      );
    } else if (!onDemand.includes(resolved)) {
      const source = part.kind === 'file' ? part.file : part.kind === 'instruction' ? part.tag : undefined;
      add({ ...base, source }, resolved.text);
    }
  }
  return { name: manifest.name, variant, manifest, pieces, ...joinPieces(pieces) };
}

function joinPieces(pieces: readonly CompiledPiece[]): { text: string; offsets: number[] } {
  const offsets: number[] = [];
  let text = '';
  for (const piece of pieces) {
    text += text === '' ? '' : separator;
    offsets.push(text.length);
    text += piece.text;
  }
  return { text: text === '' ? '' : `${text}\n`, offsets };
}

function standsIn(manifest: PromptManifest, part: ResolvedPart['part'], variant: string): boolean {
  const profile = manifest.profiles.find(({ name }) => name === variant);
  return (part.only?.includes(variant) ?? true) && !(profile?.omit.includes(part.id) ?? false);
}

/** Whether an instruction stands in a variant in full. */
function isInline(manifest: PromptManifest, part: ResolvedPart['part'], variant: string): boolean {
  if (part.kind !== 'instruction') {
    return true;
  }
  if (part.inline !== 'auto') {
    return part.inline === 'always';
  }
  const profile = manifest.profiles.find(({ name }) => name === variant);
  return variant === fullVariant || (profile?.inline.includes(part.tag) ?? false);
}

/** The index that replaces instructions: explicit about fetching them, sorted, nothing in it that changes by itself. */
function indexText(manifest: PromptManifest, entries: readonly ResolvedPart[]): string {
  const lines = entries
    .map((entry) => indexLine(manifest, entry))
    .sort((left, right) => compareText(left.tag, right.tag))
    .map(({ line }) => line);
  return [
    '# Instructions on demand',
    '',
    'The instructions below are not in this prompt. Before you begin work that one of them covers, fetch it as its line says, read all of it, and follow it. Do not work from memory in its place.',
    '',
    ...lines,
  ].join('\n');
}

function indexLine(manifest: PromptManifest, entry: ResolvedPart): { tag: string; line: string } {
  const part = entry.part as InstructionPart;
  const instruction = entry.instruction!;
  const written = (part.whenToUse ?? instruction.description ?? '').replace(/\s+/g, ' ').trim();
  const when = written === '' || /[.!?]$/.test(written) ? written : `${written}.`;
  const fetch =
    part.fetch === 'path'
      ? `read \`${instruction.path!}\``
      : `call \`${manifest.fetchTool}\` with the tag \`${part.tag}\``;
  return { tag: part.tag, line: `- \`${part.tag}\`${when === '' ? '' : `: ${when}`} To get it, ${fetch}.` };
}
