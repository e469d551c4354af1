import { MarkdownString, Range, ThemeColor, window, workspace } from 'vscode';
import type { DecorationOptions, TextDocument, TextEditor } from 'vscode';
import { UserError } from '../../core/errors';
import type { EncodingName } from '../../core/tokens/counter';
import { registerCommand, setContext } from '../commands';
import { createDebounced } from '../debounce';
import { escapeMarkdown } from '../format';
import type { Services } from '../services';
import { inspectTokens } from './inspector';
import { currentTarget } from './target';
import { hexBytes, independentLines, tokenSpans } from './tokenSpans';
import type { TokenSpan } from './tokenSpans';

/** More than this in one view helps nobody and slows the editor down. */
const maxCharacters = 40_000;
const quietMs = 120;

/** Show and Hide Token Boundaries: the visible tokens in alternating colours, with ids and bytes on hover. */
export function registerTokenBoundaries(services: Services): void {
  const view = services.own(new BoundariesView(services));
  registerCommand(services, 'contextCache.showTokenBoundaries', async () => view.show());
  registerCommand(services, 'contextCache.hideTokenBoundaries', () => {
    view.hide();
  });
}

class BoundariesView {
  private readonly services: Services;
  private readonly decorations = ['contextCache.tokenEvenBackground', 'contextCache.tokenOddBackground'].map((color) =>
    window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor(color),
      // High contrast themes have no backgrounds: there the border tells the tokens apart.
      outline: '1px solid',
      outlineColor: new ThemeColor('contrastBorder'),
    }),
  );
  private readonly listeners: { dispose(): void }[] = [];
  private readonly refresh = createDebounced(() => {
    this.drawAll().catch((error: unknown) => {
      this.services.log.error('Drawing token boundaries', error);
    });
  }, quietMs);
  private shown = false;

  constructor(services: Services) {
    this.services = services;
  }

  async show(): Promise<void> {
    if (window.activeTextEditor === undefined) {
      throw new UserError('No editor is active.', 'Open a text file first.');
    }
    if (!this.shown) {
      this.shown = true;
      setContext('contextCache.tokens.boundaries', true);
      this.listen();
    }
    await this.drawAll();
  }

  hide(): void {
    this.shown = false;
    setContext('contextCache.tokens.boundaries', false);
    this.stopListening();
    for (const editor of window.visibleTextEditors) {
      this.decorate(editor, []);
    }
  }

  dispose(): void {
    this.stopListening();
    this.refresh.dispose();
    for (const decoration of this.decorations) {
      decoration.dispose();
    }
  }

  private listen(): void {
    const { refresh } = this;
    this.listeners.push(
      window.onDidChangeVisibleTextEditors(refresh.request),
      window.onDidChangeTextEditorVisibleRanges(refresh.request),
      workspace.onDidChangeTextDocument(refresh.request),
      this.services.settings.onDidChange(refresh.request),
    );
  }

  private stopListening(): void {
    for (const listener of this.listeners.splice(0)) {
      listener.dispose();
    }
  }

  private async drawAll(): Promise<void> {
    await Promise.all(window.visibleTextEditors.map(async (editor) => this.draw(editor)));
  }

  private async draw(editor: TextEditor): Promise<void> {
    const { document } = editor;
    if (document.uri.scheme === 'output') {
      return;
    }
    const { version } = document;
    const { encoding } = currentTarget(this.services).tokenizer;
    const options: DecorationOptions[] = [];
    for (const visible of editor.visibleRanges) {
      const part = independentPart(document, visible);
      const text = document.getText(part);
      const start = document.offsetAt(part.start);
      const spans = tokenSpans(text, await inspectTokens(this.services.counter, text, encoding));
      if (document.version !== version || !this.shown) {
        return;
      }
      options.push(...spans.map((span) => spanDecoration(document, text, start, span, encoding)));
    }
    this.decorate(editor, options);
  }

  private decorate(editor: TextEditor, options: readonly DecorationOptions[]): void {
    this.decorations.forEach((decoration, parity) => {
      editor.setDecorations(
        decoration,
        options.filter((_, index) => index % 2 === parity),
      );
    });
  }
}

/** The visible lines and as many around them as make the tokens those of the whole document; bounded. */
function independentPart(document: TextDocument, visible: Range): Range {
  const lineAt = (line: number): string => document.lineAt(line).text;
  const { first, last } = independentLines(lineAt, document.lineCount, visible.start.line, visible.end.line);
  const whole = new Range(first, 0, last + 1, 0);
  const characters = document.offsetAt(whole.end) - document.offsetAt(whole.start);
  if (characters <= maxCharacters) {
    return document.validateRange(whole);
  }
  // One endless line: what is near its visible part, where the tokens at the edges may differ.
  const start = Math.max(0, document.offsetAt(visible.start) - 1000);
  return document.validateRange(new Range(document.positionAt(start), document.positionAt(start + maxCharacters)));
}

function spanDecoration(
  document: TextDocument,
  text: string,
  offset: number,
  span: TokenSpan,
  encoding: EncodingName,
): DecorationOptions {
  return {
    range: new Range(document.positionAt(offset + span.start), document.positionAt(offset + span.end)),
    hoverMessage: spanHover(text.slice(span.start, span.end), span, encoding),
  };
}

function spanHover(text: string, { tokens }: TokenSpan, encoding: EncodingName): MarkdownString {
  const lines = tokens.map(({ id, bytes }) => `- token **${id}** · bytes ${hexBytes(bytes)} · ${encoding}`);
  const heading = `${escapeMarkdown(JSON.stringify(text))}${tokens.length > 1 ? ` · ${tokens.length} tokens` : ''}`;
  return new MarkdownString([heading, lines.join('\n')].join('\n\n'));
}
