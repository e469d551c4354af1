import { FileDecoration } from 'vscode';
import { registerDecorations } from '../decorations';
import { badgeText } from '../format';
import { uriOf } from '../instructions/editorFiles';
import { harnessLabel } from '../instructions/harnesses';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { modeLabels } from '../instructions/rows';
import type { InstructionRow } from '../instructions/rows';
import type { Services } from '../services';
import { exactCount } from './target';

/** Tokens of instruction files as badges in the Explorer and on tabs. */
export function registerExplorerBadges(services: Services, instructions: InstructionsModel): void {
  const refresh = registerDecorations(services, function* () {
    if (!services.settings.get('contextCache.tokens.explorerBadges')) {
      return;
    }
    const { rows, harness } = instructions.snapshot;
    const label = harnessLabel(harness);
    for (const row of rows) {
      yield [uriOf(row.location).toString(), decorate(row, label)];
    }
  });
  services.own(instructions.onDidChange(refresh));
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.explorerBadges'])) {
        refresh();
      }
    }),
  );
}

function decorate(row: InstructionRow, harness: string): FileDecoration {
  const tooltip = `${exactCount(row.cost)} tokens, ${modeLabels[row.mode].toLowerCase()} (${harness})`;
  // Without a colour of its own: the Explorer's colours belong to Git.
  return new FileDecoration(badgeText(row.cost.tokens), tooltip);
}
