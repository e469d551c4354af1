import { ConfigurationTarget, workspace } from 'vscode';
import type { SandboxTools } from '../sandboxTools';
import { pickOne } from '../pickers';
import { sourceKinds } from '../sources/sourceKinds';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Add Sandbox';

/** Asks for a place and a name and writes both into the settings. */
export const addSandbox: SandboxCommand = {
  id: 'contextCache.addSandbox',
  run: async (tools) => {
    tools.services.trust.require('Adding a sandbox');
    const kind =
      sourceKinds.length === 1
        ? sourceKinds[0]
        : await pickOne(tools, sourceKinds, ({ label, detail }) => ({ label, detail }), {
            title,
            placeHolder: 'How is the cache reached?',
          });
    const asked = await kind?.ask(tools.services.prompts);
    if (kind === undefined || asked === undefined) {
      return;
    }
    const name = await tools.services.prompts.input({
      title,
      value: freeName(tools, asked.suggestedName),
      prompt: 'What the sandbox is called in the view',
      validateInput: (text) =>
        text.trim() === ''
          ? 'Give the sandbox a name.'
          : namesInUse(tools).has(text.trim())
            ? 'There is a sandbox of this name already.'
            : undefined,
    });
    if (name === undefined) {
      return;
    }
    const setting = { name: name.trim(), kind: kind.id, ...asked.fields };
    // Opened before it is written, so that a place that can't be used never gets into the settings.
    const { tree } = await kind.open(setting);
    tree.dispose?.();
    const id = 'contextCache.sandboxes.sources';
    const sources = [...tools.services.settings.get(id), setting];
    const target =
      workspace.workspaceFolders === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
    await tools.services.settings.update(id, sources, target);
    await tools.registry.rescan();
  },
};

function namesInUse({ services }: SandboxTools): ReadonlySet<unknown> {
  return new Set(services.settings.get('contextCache.sandboxes.sources').map((setting) => setting['name']));
}

function freeName(tools: SandboxTools, suggested: string): string {
  const names = namesInUse(tools);
  let name = suggested;
  for (let number = 2; names.has(name); number += 1) {
    name = `${suggested} ${number}`;
  }
  return name;
}
