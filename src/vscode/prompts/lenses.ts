import { CodeLens, EventEmitter, Range, languages } from 'vscode';
import type { TextDocument } from 'vscode';
import type { CommandId } from '../../contributions';
import { fullVariant, streamlinedVariant } from '../../core/prompts/model';
import { formatShare } from '../format';
import type { Services } from '../services';
import { countFor, exactCount } from '../tokens/target';
import { blockLabel } from '../../core/prompts/partRows';
import { manifestSelector } from './manifestSelector';
import type { PromptsModel } from './promptsModel';
import { variantOf } from './promptState';
import type { PromptState } from './promptState';
import { breakNote } from './treeItems';
import type { PromptViewState } from './viewState';

/** Above a manifest its variants with the commands about them, and above each part what it costs. */
export function registerPromptLenses(services: Services, model: PromptsModel, viewState: PromptViewState): void {
  const changed = services.own(new EventEmitter<void>());
  const fire = (): void => {
    changed.fire();
  };
  services.own(
    languages.registerCodeLensProvider(manifestSelector, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => {
        const prompt = model.promptAt(document.uri);
        return prompt === undefined || !services.settings.get('contextCache.tokens.codeLens', document.uri)
          ? []
          : [...headLenses(prompt, model), ...partLenses(prompt, model, viewState, document)];
      },
    }),
  );
  services.own(model.onDidChange(fire));
  services.own(viewState.onDidChange(fire));
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.codeLens'])) {
        fire();
      }
    }),
  );
}

function headLenses(prompt: PromptState, { snapshot }: PromptsModel): CodeLens[] {
  const full = prompt.variants.find(({ name }) => name === fullVariant);
  const streamlined = prompt.variants.find(({ name }) => name === streamlinedVariant);
  if (full === undefined || streamlined === undefined) {
    return [];
  }
  const show = (tokens: number): string => exactCount(countFor(snapshot.target, tokens));
  const saved = full.measured.tokens - streamlined.measured.tokens;
  const share = saved === 0 ? '' : ` (${saved > 0 ? '−' : '+'}${formatShare(Math.abs(saved), full.measured.tokens)})`;
  const sizes = `full ${show(full.measured.tokens)} · streamlined ${show(streamlined.measured.tokens)}${share}`;
  const lens = (title: string, command: CommandId): CodeLens =>
    new CodeLens(new Range(0, 0, 0, 0), { title, command, arguments: [prompt.uri] });
  return [
    lens(sizes, 'contextCache.comparePromptVariants'),
    lens('Compile', 'contextCache.compilePrompt'),
    lens('Cost', 'contextCache.showPromptCost'),
    lens('Report', 'contextCache.showPromptReport'),
  ];
}

function partLenses(
  prompt: PromptState,
  { snapshot }: PromptsModel,
  viewState: PromptViewState,
  document: TextDocument,
): CodeLens[] {
  const variant = variantOf(prompt, viewState.shownVariant);
  const command: CommandId = 'contextCache.toggleStreamlined';
  return (prompt.manifest?.parts ?? []).flatMap((part) => {
    const row = variant?.rows.find(({ piece }) => piece.id === part.id);
    const waits =
      part.kind === 'instruction' && variant?.rows.some(({ piece }) => piece.onDemand.includes(part.tag)) === true;
    if (variant === undefined || (row === undefined && !waits) || part.range.startLine >= document.lineCount) {
      return [];
    }
    const note = row === undefined ? '' : breakNote(row);
    const title =
      row === undefined
        ? `on demand in ${variant.name}`
        : row.piece.kind === 'conversation'
          ? `begins at token ${exactCount(countFor(snapshot.target, row.offset))}`
          : [
              `${exactCount(countFor(snapshot.target, row.tokens))} tokens`,
              formatShare(row.added, variant.measured.tokens),
              blockLabel(row),
              ...(note === '' ? [] : [note]),
            ].join(' · ');
    const { startLine } = part.range;
    const range = new Range(startLine, 0, startLine, 0);
    return [new CodeLens(range, { title, command, tooltip: `In ${variant.name}. Click to show the other variant.` })];
  });
}
