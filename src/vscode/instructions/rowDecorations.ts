import { EventEmitter, FileDecoration, ThemeColor, window } from 'vscode';
import type { FileDecorationProvider, Uri } from 'vscode';
import type { Services } from '../services';
import { locationOf } from './editorFiles';
import { fileOfInstructionUri } from './instructionUri';
import type { InstructionsModel } from './instructionsModel';

/** Colours of the view's rows: problems of a file, by the worst of them. Answers only the scheme of the rows. */
export function registerRowDecorations(services: Services, model: InstructionsModel): void {
  const changed = services.own(new EventEmitter<undefined>());
  const provider: FileDecorationProvider = {
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration: (uri) => decorate(uri, model),
  };
  services.own(window.registerFileDecorationProvider(provider));
  services.own(
    model.onDidChange(() => {
      changed.fire(undefined);
    }),
  );
}

function decorate(uri: Uri, model: InstructionsModel): FileDecoration | undefined {
  const file = fileOfInstructionUri(uri);
  const problems = file === undefined ? undefined : model.rowAt(locationOf(file))?.problems;
  if (problems === undefined || problems.length === 0) {
    return undefined;
  }
  if (problems.some(({ severity }) => severity === 'error')) {
    return new FileDecoration('!', problems[0]!.message, new ThemeColor('list.errorForeground'));
  }
  if (problems.some(({ severity }) => severity === 'warning')) {
    return new FileDecoration('!', problems[0]!.message, new ThemeColor('list.warningForeground'));
  }
  return new FileDecoration('i', problems[0]!.message);
}
