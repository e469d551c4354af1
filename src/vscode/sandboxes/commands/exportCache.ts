import { Uri, workspace } from 'vscode';
import { exportCache as exportTree } from '../../../core/mirror/archive';
import { formatBytes, plural } from '../../format';
import { withProgress } from '../../progress';
import { pickSandbox } from '../pickers';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Export Cache';

/** Writes the cache of a sandbox into one archive with a manifest and checksums. The cache is only read. */
export const exportCache: SandboxCommand = {
  id: 'contextCache.exportCache',
  run: async (tools, clicked, selected) => {
    const { prompts, clock, trust } = tools.services;
    trust.require('Exporting a cache');
    const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, title));
    if (sandbox === undefined) {
      return;
    }
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const file = await prompts.saveDialog({
      title,
      saveLabel: 'Export',
      filters: { Archives: ['tar.gz'] },
      ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, `${sandbox.id}.tar.gz`) }),
    });
    if (file === undefined) {
      return;
    }
    const exported = await withProgress({ title: `Exporting ${sandbox.label}` }, async ({ signal }) =>
      exportTree(sandbox.tree, { clock, signal }),
    );
    await workspace.fs.writeFile(file, exported.archive);
    const { files, bytes } = exported;
    const age = sandbox.tree.offline === undefined ? '' : ', as it was last seen';
    void prompts.tell(
      'information',
      `Exported ${plural(files, 'file')} of ${sandbox.label}, ${formatBytes(bytes)}${age}, to ${file.path}.`,
    );
  },
};
