import { CancellationError, CodeLens, EventEmitter, Range, languages } from 'vscode';
import type { CancellationToken, CodeLensProvider, DocumentSelector, TextDocument } from 'vscode';
import { isSourceError } from '../../core/errors';
import { inTurns, takeTurn } from '../../core/turns';
import type { CommandId } from '../../contributions';
import { createDebounced } from '../debounce';
import { formatShare } from '../format';
import type { Services } from '../services';
import type { LiveCounts } from './liveCounts';
import { sectionsOf, sumOfStretches, totalsOf } from './sections';
import type { Section } from './sections';
import { countFor, currentTarget, exactCount } from './target';
import { isTooLong, tooLongNote } from './measuredDocuments';
import type { MeasuredDocuments } from './measuredDocuments';

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

/** Tokens of each heading's section, of each tag and of each turn, above its first line, in instruction and prompt files. */
export function registerSectionLenses(services: Services, live: LiveCounts, measured: MeasuredDocuments): void {
  const changed = services.own(new EventEmitter<void>());
  const refresh = services.own(
    createDebounced(() => {
      changed.fire();
    }, quietMs),
  );
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: async (document, token) => provideLenses(services, live, measured, document, token),
  };
  services.own(languages.registerCodeLensProvider(selector, provider));
  services.own(live.onDidChange(refresh.request));
  services.own(measured.onDidChange(refresh.request));
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
  measured: MeasuredDocuments,
  document: TextDocument,
  token: CancellationToken,
): Promise<CodeLens[]> {
  const enabled = services.settings.get('contextCache.tokens.codeLens', document.uri);
  if (!enabled || !measured.has(document)) {
    return [];
  }
  if (isTooLong(live.lengthOf(document))) {
    return [lensAt(document, 0, tooLongNote, 'Explain the tokens of this document')];
  }
  const abort = new AbortController();
  const listener = token.onCancellationRequested(() => {
    abort.abort();
  });
  try {
    return await lensesOf(services, live, document, abort.signal);
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw new CancellationError();
    }
    throw error;
  } finally {
    listener.dispose();
  }
}

/** @throws CancellationError when the document changes meanwhile: the editor asks anew then */
async function lensesOf(
  services: Services,
  live: LiveCounts,
  document: TextDocument,
  signal: AbortSignal,
): Promise<CodeLens[]> {
  const work = { signal, turns: services.turns };
  const target = currentTarget(services);
  const { version } = document;
  const stayCurrent = (): void => {
    if (document.version !== version) {
      throw new CancellationError();
    }
  };
  const sections = await inTurns(sectionsOf(document.getText()), work, 'visible');
  stayCurrent();
  const stretches = await live.rangeTokens(
    document,
    sections.flatMap(({ own }) => own),
  );
  if (stretches === undefined) {
    return [];
  }
  const own = sumOfStretches(sections, stretches);
  const totals = totalsOf(sections, own);
  const total = own.reduce((sum, tokens) => sum + tokens, 0);
  const lenses: CodeLens[] = [];
  for (const [index, section] of sections.entries()) {
    await takeTurn(work, 'visible');
    stayCurrent();
    const tokens = totals[index]!;
    const share = formatShare(tokens, total);
    const count = countFor(target, tokens);
    const ownCount = countFor(target, own[index]!);
    const ownPart = tokens === own[index] ? '' : ` (${exactCount(ownCount)} of its own)`;
    lenses.push(lens(document, section, `${exactCount(count)} tokens · ${share}${ownPart}`));
  }
  return lenses;
}

function lens(document: TextDocument, { start, title }: Section, text: string): CodeLens {
  return lensAt(document, start, text, `Explain the tokens of "${title}"`);
}

function lensAt(document: TextDocument, offset: number, title: string, tooltip: string): CodeLens {
  const place = document.positionAt(offset);
  const command: CommandId = 'contextCache.explainTokenCount';
  return new CodeLens(new Range(place, place), { command, title, tooltip, arguments: [document.uri] });
}
