import { EventEmitter, FileDecoration, window } from 'vscode';
import type { FileDecorationProvider, Uri } from 'vscode';
import { badgeText } from '../format';
import { harnessLabel } from '../instructions/harnesses';
import { locationOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { modeLabels } from '../instructions/rows';
import type { Services } from '../services';
import { exactCount } from './target';

/** Tokens of instruction files as badges in the Explorer. */
export function registerExplorerBadges(services: Services, instructions: InstructionsModel): void {
  const changed = services.own(new EventEmitter<undefined>());
  const provider: FileDecorationProvider = {
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration: (uri) =>
      services.settings.get('contextCache.tokens.explorerBadges') ? decorate(uri, instructions) : undefined,
  };
  services.own(window.registerFileDecorationProvider(provider));
  const refresh = (): void => {
    changed.fire(undefined);
  };
  services.own(instructions.onDidChange(refresh));
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.explorerBadges'])) {
        refresh();
      }
    }),
  );
}

function decorate(uri: Uri, instructions: InstructionsModel): FileDecoration | undefined {
  const row =
    uri.scheme === 'file' || uri.scheme.startsWith('vscode-') ? instructions.rowAt(locationOf(uri)) : undefined;
  if (row === undefined) {
    return undefined;
  }
  const harness = harnessLabel(instructions.snapshot.harness);
  const tooltip = `${exactCount(row.cost)} tokens, ${modeLabels[row.mode].toLowerCase()} (${harness})`;
  // Without a colour of its own: the Explorer's colours belong to Git.
  return new FileDecoration(badgeText(row.cost.tokens), tooltip);
}
