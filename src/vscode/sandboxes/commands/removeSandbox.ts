import { UserError } from '../../../core/errors';
import { pickOne } from '../pickers';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

/** Takes a sandbox out of the settings. Its cache is left as it is. */
export const removeSandbox: SandboxCommand = {
  id: 'contextCache.removeSandbox',
  run: async (tools, clicked, selected) => {
    const { services, registry } = tools;
    services.trust.require('Removing a sandbox');
    const configured = (await registry.all()).filter(({ origin }) => origin === 'setting');
    if (configured.length === 0) {
      throw new UserError(
        'No sandbox comes from the settings.',
        'One that was found in the workspace goes away with its folder, or with contextCache.sandboxes.detect.',
      );
    }
    const place = targetPlace(tools, clicked, selected);
    const sandbox =
      place?.sandbox ??
      (await pickOne(tools, configured, ({ label, place: where }) => ({ label, description: where }), {
        title: 'Remove Sandbox',
        placeHolder: 'Which sandbox is no longer shown?',
      }));
    if (sandbox === undefined) {
      return;
    }
    const id = tools.kinds.get(sandbox.kind)?.settingId;
    if (sandbox.setting === undefined || id === undefined) {
      throw new UserError(
        `${sandbox.label} does not come from the settings.`,
        'Switch contextCache.sandboxes.detect off to hide it.',
      );
    }
    const before = services.settings.get(id);
    const removed = JSON.stringify(sandbox.setting);
    const after = before.filter((setting) => JSON.stringify(setting) !== removed);
    await services.settings.updateWhereSet(id, after);
    await registry.rescan();
    const undo = 'Undo';
    void services.prompts
      .tell('information', `${sandbox.label} is no longer shown. Its cache was not touched.`, undo)
      .then(async (choice) => {
        if (choice === undo) {
          await services.settings.updateWhereSet(id, before);
        }
      });
  },
};
