import { Range, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Command } from 'vscode';
import type { CommandId } from '../../contributions';
import type { CompiledPiece } from '../../core/prompts/compile';
import { fullVariant } from '../../core/prompts/model';
import { formatExact, formatShare, formatTokens, plural } from '../format';
import { countFor, exactCount, shortCount } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import type { ManifestNode, PartNode, ProblemNode, PromptNode, VariantNode } from './nodes';
import { blockLabel } from '../../core/prompts/partRows';
import { variantBudget, variantOf } from './promptState';
import type { PartPlace } from './promptState';

const icons: Readonly<Record<CompiledPiece['kind'], string>> = {
  text: 'symbol-string',
  file: 'file',
  instruction: 'book',
  index: 'list-unordered',
  tools: 'tools',
  conversation: 'comment-discussion',
};

/** The row of a node, without its tooltip: that is made when the pointer rests on it. */
export function drawNode(node: PromptNode, target: CountingTarget, shownVariant: string): TreeItem {
  switch (node.kind) {
    case 'prompt':
      return drawPrompt(node, target, shownVariant);
    case 'variant':
      return drawVariant(node, target, shownVariant);
    case 'part':
      return drawPart(node, target);
    case 'problem':
      return drawProblem(node);
  }
}

function drawPrompt({ id, prompt }: ManifestNode, target: CountingTarget, shownVariant: string): TreeItem {
  const item = new TreeItem(prompt.name, TreeItemCollapsibleState.Expanded);
  const shown = variantOf(prompt, shownVariant);
  const problems = prompt.findings.filter(({ severity }) => severity !== 'information').length;
  const tokens = shown === undefined ? undefined : countFor(target, shown.measured.tokens);
  item.id = id;
  item.description = [
    ...(tokens === undefined || shown === undefined ? [] : [`${shown.name} ${shortCount(tokens)}`]),
    ...(problems === 0 ? [] : [plural(problems, 'problem')]),
    prompt.path,
  ].join(' · ');
  item.iconPath = new ThemeIcon(
    prompt.problem === undefined ? 'layers' : 'error',
    prompt.problem === undefined ? undefined : new ThemeColor('list.errorForeground'),
  );
  item.contextValue = prompt.problem === undefined ? 'prompt' : 'prompt+broken';
  item.accessibilityInformation = {
    label: [
      `Prompt ${prompt.name}`,
      ...(tokens === undefined || shown === undefined ? [] : [`${shown.name} ${exactCount(tokens)} tokens`]),
      ...(problems === 0 ? [] : [plural(problems, 'problem')]),
      ...(prompt.problem === undefined ? [] : ["can't be compiled"]),
    ].join(', '),
  };
  return item;
}

function drawVariant({ id, prompt, variant }: VariantNode, target: CountingTarget, shownVariant: string): TreeItem {
  const { measured, name } = variant;
  const isShown = name === shownVariant;
  const item = new TreeItem(name, isShown ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed);
  const count = countFor(target, measured.tokens);
  const full = prompt.variants.find((other) => other.name === fullVariant)?.measured.tokens ?? 0;
  const saved = full - measured.tokens;
  const budget = variantBudget(variant, target);
  item.id = id;
  item.description = [
    shortCount(count),
    ...(name === fullVariant || saved === 0
      ? []
      : [`${saved > 0 ? '−' : '+'}${formatShare(Math.abs(saved), full)} of full`]),
    ...(budget === undefined
      ? []
      : [
          budget.passed === undefined
            ? `${formatShare(count.tokens, budget.limit)} of budget`
            : `over its budget of ${formatTokens(budget.passed.limit)}`,
        ]),
  ].join(' · ');
  item.iconPath =
    budget?.passed === undefined
      ? new ThemeIcon(isShown ? 'eye' : 'circle-outline')
      : new ThemeIcon(budget.passed.severity, new ThemeColor(`list.${budget.passed.severity}Foreground`));
  item.contextValue = isShown ? 'variant+shown' : 'variant';
  item.accessibilityInformation = {
    label: [
      `Variant ${name}`,
      `${exactCount(count)} tokens`,
      ...(budget === undefined ? [] : [`budget ${formatExact(budget.limit)}`]),
      ...(isShown ? ['shown in the status bar'] : []),
    ].join(', '),
  };
  return item;
}

function drawPart({ id, prompt, variant, row }: PartNode, target: CountingTarget): TreeItem {
  const { piece, prefixBreak } = row;
  const item = new TreeItem(piece.id, TreeItemCollapsibleState.None);
  const total = variant.measured.tokens;
  const own = countFor(target, row.tokens);
  const offset = countFor(target, row.offset);
  const share = formatShare(row.added, total);
  const note = breakNote(row);
  item.id = id;
  item.description =
    piece.kind === 'conversation'
      ? `from ${shortCount(offset)} · the messages`
      : [shortCount(own), share, `from ${shortCount(offset)}`, blockLabel(row), ...(note === '' ? [] : [note])].join(
          ' · ',
        );
  item.iconPath =
    prefixBreak?.kind === 'breaks'
      ? new ThemeIcon('warning', new ThemeColor('list.warningForeground'))
      : new ThemeIcon(icons[piece.kind]);
  item.contextValue = `part+${piece.kind}`;
  const place = prompt.places.get(piece.id);
  if (place !== undefined) {
    item.command = openPlace(place);
  }
  item.accessibilityInformation = {
    label: [
      `Part ${piece.id}`,
      `${exactCount(own)} tokens`,
      `${share} of the prompt`,
      `begins at ${exactCount(offset)}`,
      blockLabel(row),
      ...(note === '' ? [] : [note]),
    ].join(', '),
  };
  return item;
}

/** What a part does to the cached prefix, for its row; empty for most. */
export function breakNote({ prefixBreak }: PartNode['row']): string {
  switch (prefixBreak?.kind) {
    case 'breaks':
      return `breaks the prefix before ${formatTokens(prefixBreak.lostTokens)} static tokens`;
    case 'ends':
      return 'ends the static prefix';
    case undefined:
      return '';
  }
}

function openPlace({ uri, range }: PartPlace): Command {
  const selection =
    range === undefined
      ? undefined
      : new Range(range.startLine, range.startCharacter, range.startLine, range.startCharacter);
  const options = selection === undefined ? { preview: true } : { preview: true, selection };
  return { command: 'vscode.open', title: 'Open', arguments: [uri, options] };
}

function drawProblem({ id, message, parent }: ProblemNode): TreeItem {
  const label = parent === undefined ? 'Compiling failed' : "Can't be compiled";
  const item = new TreeItem(label, TreeItemCollapsibleState.None);
  const retry: CommandId = 'contextCache.refreshPrompts';
  item.id = id;
  item.description = message;
  item.tooltip = message;
  item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
  item.contextValue = 'problem';
  item.command =
    parent === undefined
      ? { command: retry, title: 'Try Again' }
      : openPlace({ uri: parent.prompt.uri, range: parent.prompt.findings.find(isError)?.range });
  item.accessibilityInformation = { label: `${label}: ${message}` };
  return item;
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === 'error';
}
