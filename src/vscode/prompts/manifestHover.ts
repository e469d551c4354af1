import { Hover, Range, languages } from 'vscode';
import type { Position, TextDocument } from 'vscode';
import { fieldDocs } from '../../core/prompts/editing/manifestFields';
import { placeAt } from '../../core/prompts/editing/manifestPlace';
import type { PromptManifest, PromptPart } from '../../core/prompts/model';
import { placeholdersOf } from '../../core/prompts/promptText';
import type { ModelRules } from '../../core/prompts/providers';
import { escapeMarkdown, formatExact } from '../format';
import type { Services } from '../services';
import { manifestSelector } from './manifestSelector';
import type { PromptsModel } from './promptsModel';
import { variantOf } from './promptState';
import type { PromptState } from './promptState';
import { markdown, meanings, partLines } from './tooltips';
import type { PromptViewState } from './viewState';

/** Tells of a manifest under the pointer: what a part costs and where it is cached, variables, models, fields. */
export function registerManifestHover(services: Services, model: PromptsModel, viewState: PromptViewState): void {
  services.own(
    languages.registerHoverProvider(manifestSelector, {
      provideHover: (document, position) => {
        const prompt = model.promptAt(document.uri);
        // While the model is behind the text, its places are wrong.
        const manifest = prompt?.text === document.getText() ? prompt.manifest : undefined;
        const part = manifest?.parts.find(
          ({ range }) => range.startLine <= position.line && position.line <= range.endLine,
        );
        const aboutPart =
          prompt === undefined || part === undefined ? [] : partHover(prompt, part, viewState.shownVariant, model);
        return (
          (manifest === undefined ? undefined : variableHover(document, position, manifest)) ??
          modelHover(document, position, model) ??
          combine(fieldHover(document, position), aboutPart)
        );
      },
    }),
  );
}

function partHover(prompt: PromptState, part: PromptPart, shown: string, model: PromptsModel): string[] {
  const variant = variantOf(prompt, shown);
  const row = variant?.rows.find(({ piece }) => piece.id === part.id);
  const index = variant?.rows.find(({ piece }) => part.kind === 'instruction' && piece.onDemand.includes(part.tag));
  const description = part.kind === 'instruction' ? prompt.library.get(part.tag)?.description : undefined;
  const { target } = model.snapshot;
  return [
    ...(description === undefined ? [] : [escapeMarkdown(description)]),
    ...(variant === undefined || row === undefined ? [] : partLines({ row, variant }, target)),
    ...(variant === undefined || row !== undefined || index === undefined
      ? []
      : [
          `On demand in ${escapeMarkdown(variant.name)}: only its entry in the index is sent.`,
          ...partLines({ row: index, variant }, target),
        ]),
    ...(variant !== undefined && row === undefined && index === undefined
      ? [`Not part of ${escapeMarkdown(variant.name)}.`]
      : []),
  ];
}

/** `{{name}}`, and a name below `variables`. */
function variableHover(document: TextDocument, position: Position, manifest: PromptManifest): Hover | undefined {
  const line = document.lineAt(position.line).text;
  const used = placeholdersOf(line).find(({ start, end }) => start <= position.character && position.character <= end);
  const declared = /^([ \t]+)([A-Za-z_]\w*)(?=:)/.exec(line);
  const declaredHere =
    declared !== null &&
    position.character <= declared[0].length &&
    placeAt(document.getText(), document.offsetAt(position))?.path.join('.') === 'variables';
  const name = used?.name ?? (declaredHere ? declared[2] : undefined);
  const variable = name === undefined ? undefined : manifest.variables.get(name);
  if (variable === undefined) {
    return undefined;
  }
  const range =
    used === undefined
      ? new Range(position.line, declared![1]!.length, position.line, declared![0].length)
      : new Range(position.line, used.start, position.line, used.end);
  return new Hover(
    markdown([
      `**${escapeMarkdown(variable.name)}**: a ${variable.kind} variable. ${meanings[variable.kind]}`,
      escapeMarkdown(variable.description ?? ''),
      variable.defaultValue === undefined ? '' : `Default: ${escapeMarkdown(variable.defaultValue)}`,
    ]),
    range,
  );
}

function modelHover(document: TextDocument, position: Position, { snapshot }: PromptsModel): Hover | undefined {
  const place = placeAt(document.getText(), document.offsetAt(position));
  const range = document.getWordRangeAtPosition(position, /[\w./:-]*\w/);
  if (place?.kind !== 'value' || place.path.join('.') !== 'models' || range === undefined) {
    return undefined;
  }
  const rules = snapshot.providers.forModel(document.getText(range));
  return rules === undefined ? undefined : new Hover(markdown(modelLines(rules, snapshot.providers.asOf)), range);
}

function modelLines({ model, label, cache, inputPerMTok, outputPerMTok, note }: ModelRules, asOf: string): string[] {
  const granularity = cache.granularity > 1 ? ` in steps of ${formatExact(cache.granularity)}` : '';
  return [
    `**${escapeMarkdown(model)}** of ${escapeMarkdown(label)}`,
    [
      `- Caches a prefix of ${formatExact(cache.minimumTokens)} tokens or more${granularity}`,
      ...(inputPerMTok === undefined
        ? []
        : [`- ${inputPerMTok} a million input tokens, ${cache.readFactor} × from the cache`]),
      ...(outputPerMTok === undefined ? [] : [`- ${outputPerMTok} a million output tokens`]),
    ].join('\n'),
    escapeMarkdown(note ?? ''),
    `*Prices and limits as of ${escapeMarkdown(asOf)}.*`,
  ];
}

/** The name of a field, and what it is for. */
function fieldHover(document: TextDocument, position: Position): string[] {
  const { text } = document.lineAt(position.line);
  const key = /^([ \t]*(?:-[ \t]+)*)([A-Za-z]\w*):/.exec(text);
  if (key === null || position.character < key[1]!.length || position.character > key[1]!.length + key[2]!.length) {
    return [];
  }
  const start = document.offsetAt(position.with({ character: key[1]!.length }));
  const place = placeAt(document.getText(), start);
  const docs = place?.kind === 'key' ? fieldDocs([...place.path, key[2]!]) : '';
  return docs === '' ? [] : [`**${key[2]!}**: ${escapeMarkdown(docs)}`];
}

function combine(field: readonly string[], part: readonly string[]): Hover | undefined {
  return field.length + part.length === 0 ? undefined : new Hover(markdown([...field, ...part]));
}
