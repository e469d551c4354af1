import { FileDecoration, ThemeColor } from 'vscode';
import { registerDecorations } from '../decorations';
import type { Services } from '../services';
import { uriOf } from './editorFiles';
import { instructionUri } from './instructionUri';
import type { InstructionsModel } from './instructionsModel';
import type { InstructionRow } from './rows';

/** Colours of the view's rows: problems of a file, by the worst of them. Answers only the scheme of the rows. */
export function registerRowDecorations(services: Services, model: InstructionsModel): void {
  const refresh = registerDecorations(services, function* () {
    const decorated = model.snapshot.rows.filter(({ problems }) => problems.length > 0);
    for (const row of decorated) {
      yield [instructionUri(uriOf(row.location)).toString(), decorate(row)];
    }
  });
  services.own(model.onDidChange(refresh));
}

function decorate({ problems }: InstructionRow): FileDecoration {
  const worst =
    problems.find(({ severity }) => severity === 'error') ??
    problems.find(({ severity }) => severity === 'warning') ??
    problems[0]!;
  switch (worst.severity) {
    case 'error':
      return new FileDecoration('!', worst.message, new ThemeColor('list.errorForeground'));
    case 'warning':
      return new FileDecoration('!', worst.message, new ThemeColor('list.warningForeground'));
    case 'information':
      return new FileDecoration('i', worst.message);
  }
}
