import { window } from 'vscode';
import type {
  InputBoxOptions,
  OpenDialogOptions,
  QuickPickItem,
  QuickPickOptions,
  SaveDialogOptions,
  Uri,
} from 'vscode';
import { showInputStep, showPickStep } from './promptSteps';
import type { InputStepOptions, PickStepOptions } from './promptSteps';
import type { StepAnswer } from './steps';

/** How a message is shown. */
export type MessageKind = 'information' | 'warning' | 'error';

/**
 * Everything that is asked of a person. A port, since nothing inside the editor's process can answer a dialog: the
 * integration tests answer here, and the end-to-end tests click the real ones.
 */
export interface Prompts {
  pick<Item extends QuickPickItem>(items: readonly Item[], options: QuickPickOptions): Promise<Item | undefined>;
  /** `picked` of an item says whether it is ticked at first. */
  pickMany<Item extends QuickPickItem>(
    items: readonly Item[],
    options: QuickPickOptions,
  ): Promise<readonly Item[] | undefined>;
  input(options: InputBoxOptions): Promise<string | undefined>;
  /** The same as steps of several, which a Back button leads through. They stay open when the focus leaves them. */
  pickStep<Item extends QuickPickItem>(items: readonly Item[], options: PickStepOptions): Promise<StepAnswer<Item>>;
  inputStep(options: InputStepOptions): Promise<StepAnswer<string>>;
  /** A modal question; true for yes. */
  confirm(question: { readonly message: string; readonly detail: string; readonly yes: string }): Promise<boolean>;
  openDialog(options: OpenDialogOptions): Promise<readonly Uri[] | undefined>;
  saveDialog(options: SaveDialogOptions): Promise<Uri | undefined>;
  /** A message with buttons; resolves when it was answered or went away. */
  tell(kind: MessageKind, message: string, ...buttons: readonly string[]): Promise<string | undefined>;
}

export function createPrompts(): Prompts {
  return {
    pick: async (items, options) => window.showQuickPick(items, options),
    pickMany: async (items, options) => window.showQuickPick(items, { ...options, canPickMany: true }),
    input: async (options) => window.showInputBox(options),
    pickStep: showPickStep,
    inputStep: showInputStep,
    confirm: async ({ message, detail, yes }) =>
      (await window.showWarningMessage(message, { modal: true, detail }, yes)) === yes,
    openDialog: async (options) => window.showOpenDialog(options),
    saveDialog: async (options) => window.showSaveDialog(options),
    tell: async (kind, message, ...buttons) => {
      switch (kind) {
        case 'information':
          return window.showInformationMessage(message, ...buttons);
        case 'warning':
          return window.showWarningMessage(message, ...buttons);
        case 'error':
          return window.showErrorMessage(message, ...buttons);
      }
    },
  };
}
