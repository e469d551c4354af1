import { QuickInputButtons, window } from 'vscode';
import type { Disposable, QuickInput, QuickInputButton, QuickPickItem } from 'vscode';
import { back } from './steps';
import type { StepAnswer } from './steps';

export interface PickStepOptions {
  readonly title: string;
  readonly placeHolder: string;
  readonly canGoBack: boolean;
}

export interface InputStepOptions {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  readonly canGoBack: boolean;
  readonly placeHolder?: string;
  readonly password?: boolean;
  /** What is wrong with a text; undefined when nothing is. */
  readonly validate: (text: string) => string | undefined;
}

/** A quick pick with a Back button. */
export async function showPickStep<Item extends QuickPickItem>(
  items: readonly Item[],
  options: PickStepOptions,
): Promise<StepAnswer<Item>> {
  const pick = window.createQuickPick<Item>();
  pick.items = items;
  pick.placeholder = options.placeHolder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  return answerOf<Item>(pick, options, (answer) => [
    pick.onDidTriggerButton(() => {
      answer(back);
    }),
    pick.onDidAccept(() => {
      answer(pick.selectedItems[0]);
    }),
  ]);
}

/** An input box with a Back button, which accepts only what is valid. */
export async function showInputStep(options: InputStepOptions): Promise<StepAnswer<string>> {
  const input = window.createInputBox();
  input.prompt = options.prompt;
  input.value = options.value;
  input.placeholder = options.placeHolder ?? '';
  input.password = options.password ?? false;
  return answerOf<string>(input, options, (answer) => [
    input.onDidTriggerButton(() => {
      answer(back);
    }),
    input.onDidChangeValue(() => {
      input.validationMessage = undefined;
    }),
    input.onDidAccept(() => {
      const complaint = options.validate(input.value);
      if (complaint === undefined) {
        answer(input.value);
      } else {
        input.validationMessage = complaint;
      }
    }),
  ]);
}

async function answerOf<Answer>(
  input: QuickInput & { buttons: readonly QuickInputButton[] },
  { title, canGoBack }: { readonly title: string; readonly canGoBack: boolean },
  listen: (answer: (value: StepAnswer<Answer>) => void) => readonly Disposable[],
): Promise<StepAnswer<Answer>> {
  input.title = title;
  input.ignoreFocusOut = true;
  input.buttons = canGoBack ? [QuickInputButtons.Back] : [];
  const subscriptions: Disposable[] = [];
  try {
    return await new Promise<StepAnswer<Answer>>((resolve) => {
      subscriptions.push(
        ...listen(resolve),
        input.onDidHide(() => {
          resolve(undefined);
        }),
      );
      input.show();
    });
  } finally {
    for (const subscription of [...subscriptions, input]) {
      subscription.dispose();
    }
  }
}
