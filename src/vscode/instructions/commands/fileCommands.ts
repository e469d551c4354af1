import { env, window, workspace } from 'vscode';
import type { TreeView } from 'vscode';
import { UserError } from '../../../core/errors';
import { commandUris } from '../../commandTargets';
import { locationOf } from '../editorFiles';
import type { InstructionsTree } from '../instructionsTree';
import type { InstructionNode } from '../nodes';
import type { ViewState } from '../viewState';

/** Open Instruction: the clicked or selected files. */
export async function openInstruction(clicked: unknown, selected: unknown): Promise<void> {
  const uris = commandUris(clicked, selected);
  for (const uri of uris) {
    await window.showTextDocument(uri, { preview: uris.length === 1 });
  }
}

/** Copy Instruction Path: relative to the workspace, one a line. */
export async function copyInstructionPath(clicked: unknown, selected: unknown): Promise<void> {
  const paths = commandUris(clicked, selected).map((uri) => workspace.asRelativePath(uri));
  await env.clipboard.writeText(paths.join('\n'));
  window.setStatusBarMessage(`Copied ${paths.join(', ')}`, 3000);
}

/** Reveal Active File in Instructions. */
export async function revealInstruction(
  view: TreeView<InstructionNode>,
  tree: InstructionsTree,
  viewState: ViewState,
  clicked: unknown,
): Promise<void> {
  const [uri] = commandUris(clicked);
  if (uri === undefined) {
    throw new UserError('No file is active.', 'Open an instruction file first.');
  }
  await tree.settled();
  const find = (): ReturnType<InstructionsTree['findFile']> => tree.findFile(locationOf(uri));
  if (find() === undefined && viewState.rowOptions.filter !== '') {
    // The filter may hide the row.
    await viewState.change({ filter: '' });
    await tree.settled();
  }
  const node = find();
  if (node === undefined) {
    throw new UserError(
      `${workspace.asRelativePath(uri)} is not an instruction file of the selected harness.`,
      'Select "All harnesses", or open a file that the Instructions view lists.',
    );
  }
  await view.reveal(node, { select: true, focus: true, expand: true });
}
