import { MarkdownString, Range, ThemeColor, Uri, languages, window, workspace } from 'vscode';
import type { TextEditor } from 'vscode';
import type { Services } from '../services';

const promptScheme = 'context-cache-prompt';

/** Where a cached prefix breaks in a document, and why. */
export interface BreakMark {
  readonly line: number;
  readonly character: number;
  readonly reason: string;
}

/** Read-only documents of compiled prompts. Each result is a document of its own and never changes. */
export interface PromptDocuments {
  /** @param name the file name that the tab shows */
  add(name: string, text: string, mark?: BreakMark): Uri;
}

/** Enough for the diffs that a person has open side by side. */
const keptDocuments = 64;

export function createPromptDocuments(services: Services): PromptDocuments {
  const texts = new Map<string, string>();
  const marks = new Map<string, BreakMark>();
  let nextId = 1;
  services.own(
    workspace.registerTextDocumentContentProvider(promptScheme, {
      provideTextDocumentContent: (uri) =>
        texts.get(uri.toString()) ?? 'This result is no longer kept. Run the command again.\n',
    }),
  );
  const broken = services.own(
    window.createTextEditorDecorationType({
      backgroundColor: new ThemeColor('diffEditor.removedLineBackground'),
      overviewRulerColor: new ThemeColor('editorOverviewRuler.warningForeground'),
      isWholeLine: true,
    }),
  );
  const decorate = (editors: readonly TextEditor[]): void => {
    for (const editor of editors) {
      const mark = marks.get(editor.document.uri.toString());
      if (mark !== undefined) {
        editor.setDecorations(broken, [decorationOf(mark)]);
      }
    }
  };
  services.own(window.onDidChangeVisibleTextEditors(decorate));
  // Names such as `prompt.full.md` are Markdown already; this is for those without an extension.
  services.own(
    workspace.onDidOpenTextDocument((document) => {
      if (document.uri.scheme === promptScheme && document.languageId === 'plaintext') {
        void languages.setTextDocumentLanguage(document, 'markdown');
      }
    }),
  );
  return {
    add: (name, text, mark) => {
      const uri = Uri.from({ scheme: promptScheme, path: `/${nextId++}/${name.replace(/[/\\?#]+/g, '-')}` });
      const id = uri.toString();
      texts.set(id, text);
      if (mark !== undefined) {
        marks.set(id, mark);
      }
      const [oldest] = texts.keys();
      if (texts.size > keptDocuments && oldest !== undefined) {
        texts.delete(oldest);
        marks.delete(oldest);
      }
      return uri;
    },
  };
}

function decorationOf({ line, character, reason }: BreakMark): {
  range: Range;
  hoverMessage: MarkdownString;
  renderOptions: object;
} {
  return {
    range: new Range(line, character, line, character),
    hoverMessage: new MarkdownString().appendText(`The cached prefix breaks here. ${reason}`),
    renderOptions: {
      after: {
        contentText: `  ⟵ the cached prefix breaks here: ${reason}`,
        color: new ThemeColor('editorWarning.foreground'),
        fontStyle: 'italic',
      },
    },
  };
}
