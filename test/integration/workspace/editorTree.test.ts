import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { createEditorTree } from '../../../src/vscode/sandboxes/editorTree';
import { describeFileTree } from '../../unit/sources/fileTreeContract';
import type { TreeUnderTest } from '../../unit/sources/fileTreeContract';
import { FolderFiles } from '../support/folderFiles';

function openUnder(uriOf: (root: string) => vscode.Uri, more: readonly vscode.Disposable[] = []): TreeUnderTest {
  const root = mkdtempSync(path.join(tmpdir(), 'context-cache-editor-tree-'));
  return {
    tree: createEditorTree(uriOf(root), 'test'),
    root,
    dispose: async () => {
      more.forEach((one) => {
        one.dispose();
      });
      await rm(root, { recursive: true, force: true });
    },
  };
}

describeFileTree("A folder of the editor's file systems", async () =>
  Promise.resolve(openUnder((root) => vscode.Uri.file(root))),
);

describeFileTree('A folder of a file system that another extension provides', async () => {
  const scheme = 'context-cache-test-folder';
  const provider = vscode.workspace.registerFileSystemProvider(scheme, new FolderFiles('/'), { isCaseSensitive: true });
  return Promise.resolve(openUnder((root) => vscode.Uri.from({ scheme, path: root }), [provider]));
});
