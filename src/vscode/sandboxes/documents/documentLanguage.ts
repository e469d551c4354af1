import { languages, workspace } from 'vscode';
import type { Disposable, TextDocument } from 'vscode';
import type { Log } from '../../log';
import type { SandboxRegistry } from '../sandboxRegistry';
import type { SandboxStore } from '../sandboxStore';
import { parseCacheUri } from './cacheUri';
import { languageOf } from './readable';

/** Gives documents of caches their language: their names have no extension that the editor could go by. */
export function setLanguages(registry: SandboxRegistry, store: SandboxStore, log: Log): Disposable {
  const set = (document: TextDocument): void => {
    const address = parseCacheUri(document.uri);
    const sandbox = address === undefined ? undefined : registry.byId(address.sandboxId);
    if (address === undefined) {
      return;
    }
    const { scope, key } = address;
    const entry = (sandbox === undefined ? undefined : store.entry(sandbox, scope, key)) ?? {
      scope,
      key,
      originalKey: key,
      contentType: scope === 'instructions' || key.startsWith('summary') ? 'text/markdown' : 'text/plain',
      metadata: {},
    };
    const language = languageOf(entry, document.getText());
    if (document.languageId !== language && !chosenByPerson(document.languageId)) {
      void languages.setTextDocumentLanguage(document, language).then(undefined, (error: unknown) => {
        log.warn(`No language ${language} for ${document.uri.path}: ${String(error)}`);
      });
    }
  };
  workspace.textDocuments.forEach(set);
  return workspace.onDidOpenTextDocument(set);
}

/** A change of language opens the document again; one that is no plain text any more was set, by us or by a person. */
function chosenByPerson(languageId: string): boolean {
  return languageId !== 'plaintext';
}
