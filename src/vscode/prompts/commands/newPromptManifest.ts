import { Uri, WorkspaceEdit, Position, window, workspace } from 'vscode';
import { UserError } from '../../../core/errors';
import type { PromptCommand } from './promptCommand';

const title = 'New Prompt Manifest';
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** New Prompt Manifest: an unsaved document in `prompts/`; nothing is written before it is saved. Returns its URI. */
export const newPromptManifest: PromptCommand = {
  id: 'contextCache.newPromptManifest',
  run: async ({ services }) => {
    const [folder] = workspace.workspaceFolders ?? [];
    if (folder === undefined) {
      throw new UserError('A manifest belongs to a folder.', 'Open a folder first.');
    }
    const name = await services.prompts.input({
      title,
      prompt: 'The name of the prompt; compiled files are named after it',
      value: 'agent',
      validateInput: (text) =>
        namePattern.test(text) ? undefined : 'Letters, digits, ".", "_" and "-", at most 100 of them.',
    });
    if (name === undefined) {
      return undefined;
    }
    const place = Uri.joinPath(folder.uri, 'prompts', `${name}.prompt.yaml`);
    const uri = place.with({ scheme: 'untitled' });
    const document = await workspace.openTextDocument(uri);
    if (document.getText() === '') {
      const edit = new WorkspaceEdit();
      edit.insert(uri, new Position(0, 0), starter(name));
      await workspace.applyEdit(edit);
    }
    await window.showTextDocument(document);
    return uri;
  },
};

function starter(name: string): string {
  return `name: ${name}
parts:
  - id: identity
    text: |
      You are a careful assistant.
  # - file: method.md           a text file, relative to this one
  # - instruction: research     of the library; on demand in the streamlined variant
  # - tools: tools.json         tool schemas
  - conversation: true
`;
}
