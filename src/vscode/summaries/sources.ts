import { Uri, window, workspace } from 'vscode';
import { isInside, maxSourceBytes, isSummary } from '../../core/cache/summarySource';
import { UserError } from '../../core/errors';
import { isConversation, readConversation } from '../../core/summaries/conversation';
import type { SummarySource } from '../../core/summaries/model';
import {
  conversationSource,
  entrySource,
  fileSource,
  messageSources,
  selectionSource,
} from '../../core/summaries/sources';
import type { SourceFile } from '../../core/summaries/sources';
import { filesBelow, sourceFolder } from '../sandboxes/sourceFiles';
import { liveTree } from '../sandboxes/sandbox';
import type { Sandbox } from '../sandboxes/sandbox';
import type { EntryTarget } from '../sandboxes/targets';
import type { SummaryTools } from './summaryTools';

/** A file as a source; for a conversation whose messages have ids, a person says whether it is one or many. */
export async function fileSources(
  tools: SummaryTools,
  sandbox: Sandbox,
  uri: Uri,
): Promise<readonly SummarySource[] | undefined> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isUntitled === true) {
    return [selectionSource(open.fileName, open.getText())];
  }
  if (open?.isDirty === true) {
    throw new UserError(
      `${open.fileName} has changes that are not saved.`,
      'Save it, so that its summary is that of the file.',
    );
  }
  const file = await readFile(sandbox, uri);
  const text = Buffer.from(file.bytes).toString();
  if (!isConversation(text)) {
    return [fileSource(file)];
  }
  const named = readConversation(file.path, text).filter(({ id }) => id !== undefined);
  if (named.length === 0) {
    return [conversationSource(file)];
  }
  const whole = { label: 'The Conversation', description: 'one summary', sources: () => [conversationSource(file)] };
  const each = {
    label: 'Each Message',
    description: `${named.length} summaries, kept as agents look them up`,
    sources: () => messageSources(file.path, text),
  };
  const choice = await tools.services.prompts.pick([whole, each], {
    title: `Summarize ${file.path}`,
    placeHolder: 'What is summed up?',
  });
  return choice?.sources();
}

/** The selection of the active editor; throws when nothing is selected. */
export function activeSelection(): SummarySource {
  const editor = window.activeTextEditor;
  const text = editor?.document.getText(editor.selection) ?? '';
  if (editor === undefined || text.trim() === '') {
    throw new UserError('Nothing is selected.', 'Select some text in an editor.');
  }
  const name = workspace.asRelativePath(editor.document.uri);
  return selectionSource(`selection of ${name}`, text);
}

/** Values of a cache; a summary is not summed up again. */
export async function entrySources(targets: readonly EntryTarget[]): Promise<readonly SummarySource[]> {
  const readable = targets.filter(({ entry }) => entry.fileBytes !== undefined && !isSummary(entry));
  if (readable.length === 0) {
    throw new UserError('There is no value to sum up.', 'Choose an entry that has one and is no summary itself.');
  }
  return Promise.all(
    readable.map(async ({ sandbox, entry }) =>
      entrySource(entry, await liveTree(sandbox).read(`${entry.scope}/${entry.key}`, { maxBytes: maxSourceBytes })),
    ),
  );
}

async function readFile(sandbox: Sandbox, uri: Uri): Promise<SourceFile> {
  const folder = sourceFolder(sandbox);
  const path = folder === undefined ? undefined : pathBelow(folder, uri);
  if (folder !== undefined && path !== undefined && isInside(path)) {
    return { path, bytes: await filesBelow(folder).read(path, { maxBytes: maxSourceBytes }), inWorkspace: true };
  }
  const parent = Uri.joinPath(uri, '..');
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const bytes = await filesBelow(parent).read(name, { maxBytes: maxSourceBytes });
  return { path: uri.scheme === 'file' ? uri.fsPath : uri.path, bytes, inWorkspace: false };
}

/** The path from a folder to what is below it; undefined for anything else. */
function pathBelow(folder: Uri, uri: Uri): string | undefined {
  const base = `${folder.path.replace(/\/$/, '')}/`;
  const isBelow = uri.scheme === folder.scheme && uri.authority === folder.authority && uri.path.startsWith(base);
  return isBelow ? uri.path.slice(base.length) : undefined;
}
