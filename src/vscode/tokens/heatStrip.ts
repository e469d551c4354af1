import { EndOfLine, OverviewRulerLane, Range, ThemeColor, window } from 'vscode';
import type { TextDocument, TextEditor } from 'vscode';
import { createDebounced } from '../debounce';
import { formatBytes, formatExact } from '../format';
import type { Services } from '../services';
import { heatOfLines } from './heat';
import type { LiveCounts } from './liveCounts';
import { isTooLong } from './measuredDocuments';
import type { MeasuredDocuments } from './measuredDocuments';
import { maxMeasuredLength } from './measuredLength';

const quietMs = 300;
/** Beyond this the ruler has fewer pixels than lines by far. */
const maxLines = 20_000;

/** Token heat strip: the most expensive lines in the overview ruler of instruction and prompt files. */
export function registerHeatStrip(services: Services, live: LiveCounts, measured: MeasuredDocuments): void {
  const levels = ['contextCache.heatWarm', 'contextCache.heatHot', 'contextCache.heatHottest'].map((color) =>
    services.own(
      window.createTextEditorDecorationType({
        overviewRulerColor: new ThemeColor(color),
        overviewRulerLane: OverviewRulerLane.Left,
        isWholeLine: true,
      }),
    ),
  );
  const clear = (editor: TextEditor): void => {
    for (const level of levels) {
      editor.setDecorations(level, []);
    }
  };

  const draw = async (editor: TextEditor): Promise<void> => {
    const { document } = editor;
    if (!services.settings.get('contextCache.tokens.heatStrip') || !isShown(document, live, measured)) {
      clear(editor);
      return;
    }
    const tokens = await live.rangeTokens(document, lineRanges(document));
    if (tokens === undefined) {
      return;
    }
    const heat = heatOfLines(tokens);
    levels.forEach((level, index) => {
      const lines = heat.flatMap((value, line) => (value === index + 1 ? [new Range(line, 0, line, 0)] : []));
      editor.setDecorations(level, lines);
    });
  };

  const refresh = services.own(
    createDebounced(() => {
      for (const editor of window.visibleTextEditors) {
        draw(editor).catch((error: unknown) => {
          services.log.error('Drawing the heat strip', error);
        });
      }
    }, quietMs),
  );
  services.own(window.onDidChangeVisibleTextEditors(refresh.request));
  services.own(live.onDidChange(refresh.request));
  services.own(measured.onDidChange(refresh.request));
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.heatStrip', 'contextCache.tokens.model'])) {
        refresh.request();
      }
    }),
  );
  refresh.request();
}

function isShown(document: TextDocument, live: LiveCounts, measured: MeasuredDocuments): boolean {
  return measured.has(document) && whyUnmarked(document, live) === undefined;
}

/** Why an instruction or a prompt has no heat strip; undefined when it has one. */
function whyUnmarked(document: TextDocument, live: LiveCounts): string | undefined {
  return document.lineCount > maxLines
    ? `it has more than ${formatExact(maxLines)} lines`
    : isTooLong(live.lengthOf(document))
      ? `it has more than ${formatBytes(maxMeasuredLength)} of text`
      : undefined;
}

/** What a person should know who switched the strip on and sees none; undefined when the editor shows it. */
export function whyNoHeatStrip(
  editor: TextEditor | undefined,
  live: LiveCounts,
  measured: MeasuredDocuments,
): string | undefined {
  if (editor === undefined) {
    return undefined;
  }
  const why = measured.has(editor.document)
    ? whyUnmarked(editor.document, live)
    : 'it is neither an instruction nor a prompt';
  return why === undefined ? undefined : `The heat strip is on, but not for this document: ${why}.`;
}

/** Offsets of all lines with their ends: found in the text, since the editor takes its time for thousands of places. */
function lineRanges(document: TextDocument): (readonly [start: number, end: number])[] {
  const text = document.getText();
  const lineEnd = document.eol === EndOfLine.CRLF ? '\r\n' : '\n';
  const ranges: [start: number, end: number][] = [];
  for (let start = 0, line = 0; line < document.lineCount; line++) {
    const found = text.indexOf(lineEnd, start);
    const end = found === -1 ? text.length : found + lineEnd.length;
    ranges.push([start, end]);
    start = end;
  }
  return ranges;
}
