import { CodeLens, EventEmitter, Range, languages } from 'vscode';
import type { CancellationToken, CodeLensProvider, DocumentSelector, TextDocument } from 'vscode';
import type { CommandId } from '../../contributions';
import { createDebounced } from '../debounce';
import { formatShare } from '../format';
import type { InstructionsModel } from '../instructions/instructionsModel';
import type { Services } from '../services';
import type { LiveCounts } from './liveCounts';
import { sectionsOf, withSubsections } from './sections';
import type { Section } from './sections';
import { countFor, currentTarget, exactCount } from './target';
import { isMeasuredDocument } from './measuredDocuments';

const selector: DocumentSelector = [
  { pattern: '**/*.{md,mdc,txt}' },
  { pattern: '**/{.cursorrules,.windsurfrules,.clinerules}' },
  { language: 'prompt' },
  { language: 'instructions' },
  { language: 'chatagent' },
  { language: 'skill' },
];
/** Lenses jump when they change, so they follow once the typing rests. */
const quietMs = 300;

/** Tokens of each heading's section, above the heading, in instruction and prompt files. */
export function registerSectionLenses(
  services: Services,
  live: LiveCounts,
  instructions: InstructionsModel | undefined,
): void {
  const changed = services.own(new EventEmitter<void>());
  const refresh = services.own(
    createDebounced(() => {
      changed.fire();
    }, quietMs),
  );
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: async (document, token) => provideLenses(services, live, instructions, document, token),
  };
  services.own(languages.registerCodeLensProvider(selector, provider));
  services.own(live.onDidChange(refresh.request));
  if (instructions !== undefined) {
    services.own(instructions.onDidChange(refresh.request));
  }
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.codeLens', 'contextCache.tokens.model'])) {
        changed.fire();
      }
    }),
  );
}

async function provideLenses(
  services: Services,
  live: LiveCounts,
  instructions: InstructionsModel | undefined,
  document: TextDocument,
  token: CancellationToken,
): Promise<CodeLens[]> {
  const enabled = services.settings.get('contextCache.tokens.codeLens', document.uri);
  if (!enabled || !isMeasuredDocument(document, instructions)) {
    return [];
  }
  const target = currentTarget(services);
  const sections = sectionsOf(document.getText());
  const own = await live.rangeTokens(
    document,
    sections.map(({ start, ownEnd }) => [start, ownEnd]),
  );
  if (own === undefined || token.isCancellationRequested) {
    return [];
  }
  const total = own.reduce((sum, tokens) => sum + tokens, 0);
  return sections.map((section, index) => {
    const tokens = withSubsections(sections, own, index);
    const share = formatShare(tokens, total);
    const count = countFor(target, tokens);
    const ownCount = countFor(target, own[index]!);
    const ownPart = tokens === own[index] ? '' : ` (${exactCount(ownCount)} of its own)`;
    return lens(document, section, `${exactCount(count)} tokens · ${share}${ownPart}`);
  });
}

function lens(document: TextDocument, section: Section, title: string): CodeLens {
  const start = document.positionAt(section.start);
  const command: CommandId = 'contextCache.explainTokenCount';
  return new CodeLens(new Range(start, start), {
    command,
    title,
    tooltip: `Explain the tokens of "${section.title}"`,
    arguments: [document.uri],
  });
}
