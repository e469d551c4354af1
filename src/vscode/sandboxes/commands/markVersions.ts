import { pickVersion, versionsOf } from '../versionPicks';
import type { SandboxCommand } from './sandboxCommand';
import { oneEntry } from './showVersions';

/** Names a version of an entry, or takes its name away. */
export const labelVersion: SandboxCommand = {
  id: 'contextCache.labelVersion',
  run: async (tools, clicked, selected) => {
    const title = 'Label Version';
    const target = await oneEntry(tools, clicked, selected, title);
    if (target === undefined) {
      return;
    }
    const version = await pickVersion(tools, target, await versionsOf(tools, target), {
      title: `${title} of ${target.entry.originalKey}`,
      placeHolder: 'Which version gets a name?',
    });
    if (version === undefined) {
      return;
    }
    const label = await tools.services.prompts.input({
      title,
      value: version.label ?? '',
      prompt: `What version ${version.number} is called; empty takes its name away`,
    });
    if (label !== undefined) {
      await tools.history.label(version, label.trim() === '' ? undefined : label.trim());
    }
  },
};

/** Pins a version, so that its content is never dropped to save space, or lets it go again. */
export const pinVersion: SandboxCommand = {
  id: 'contextCache.pinVersion',
  run: async (tools, clicked, selected) => {
    const title = 'Pin Version';
    const target = await oneEntry(tools, clicked, selected, title);
    if (target === undefined) {
      return;
    }
    const version = await pickVersion(tools, target, await versionsOf(tools, target), {
      title: `${title} of ${target.entry.originalKey}`,
      placeHolder: 'Which version is pinned, or no longer pinned?',
    });
    if (version !== undefined) {
      await tools.history.pin(version, !version.pinned);
      void tools.services.prompts.tell(
        'information',
        `Version ${version.number} of ${target.entry.originalKey} is ${version.pinned ? 'no longer pinned' : 'pinned'}.`,
      );
    }
  },
};
