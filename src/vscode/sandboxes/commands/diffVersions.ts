import { commands } from 'vscode';
import { UserError } from '../../../core/errors';
import { isKept, pickVersion, versionsOf, versionUri } from '../versionPicks';
import type { SandboxCommand } from './sandboxCommand';
import { oneEntry } from './showVersions';

const title = 'Diff Versions';

/** Compares two contents that a key had. */
export const diffVersions: SandboxCommand = {
  id: 'contextCache.diffVersions',
  run: async (tools, clicked, selected) => {
    const target = await oneEntry(tools, clicked, selected, title);
    if (target === undefined) {
      return;
    }
    const kept = (await versionsOf(tools, target)).filter(isKept);
    if (kept.length < 2) {
      throw new UserError(
        `${target.entry.originalKey} has ${kept.length === 1 ? 'one version' : 'no version'} that is kept.`,
        'There must be two to compare.',
      );
    }
    const newer = await pickVersion(tools, target, kept, { title, placeHolder: 'The newer version' });
    if (newer === undefined) {
      return;
    }
    const others = kept.filter(({ id }) => id !== newer.id);
    const older = await pickVersion(tools, target, others, {
      title,
      placeHolder: `Compare version ${newer.number} with`,
    });
    if (older === undefined) {
      return;
    }
    const [left, right] = older.number < newer.number ? [older, newer] : [newer, older];
    await commands.executeCommand(
      'vscode.diff',
      versionUri(target, left),
      versionUri(target, right),
      `${target.entry.originalKey}: version ${left.number} ↔ version ${right.number}`,
    );
  },
};
