import { Disposable, EventEmitter, Uri, ViewColumn, commands, window, workspace } from 'vscode';
import type { TextDocumentContentProvider } from 'vscode';

/** The scheme of generated reports: read-only documents that never ask to be saved. */
export const reportScheme = 'context-cache-report';

/** The preview that keeps its document; that of the command follows whatever Markdown comes to the front. */
const pageEditor = 'vscode.markdown.preview.editor';

/** Shows generated Markdown, such as a table of counts, as read-only documents. */
export interface Reports {
  /**
   * Opens a report, or replaces the one of the same name.
   * @param name the document's file name without extension; one per kind of report, so that few are kept
   */
  show(name: string, markdown: string): Promise<void>;
}

/** One for the whole extension: a scheme has one provider. */
export function createReports(): Reports & { dispose(): void } {
  const texts = new Map<string, string>();
  const changed = new EventEmitter<Uri>();
  const provider: TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.path) ?? '',
  };
  const registered = Disposable.from(changed, workspace.registerTextDocumentContentProvider(reportScheme, provider));
  return {
    dispose: () => {
      registered.dispose();
    },
    show: async (name, markdown) => {
      const uri = Uri.from({ scheme: reportScheme, path: `/${name}.md` });
      texts.set(uri.path, markdown);
      changed.fire(uri);
      await workspace.openTextDocument(uri);
      try {
        await commands.executeCommand('vscode.openWith', uri, pageEditor, { preview: true });
      } catch {
        // The editor's own Markdown support can be switched off: then the page shows as text.
        await window.showTextDocument(uri, { preview: true, viewColumn: ViewColumn.Active });
      }
    },
  };
}
