import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { createEditorTree } from '../../../src/vscode/sandboxes/editorTree';
import { describeFileTree } from '../../unit/sources/fileTreeContract';

describeFileTree("A folder of the editor's file systems", async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'context-cache-editor-tree-'));
  return Promise.resolve({
    tree: createEditorTree(vscode.Uri.file(root), 'test'),
    root,
    dispose: async () => rm(root, { recursive: true, force: true }),
  });
});
