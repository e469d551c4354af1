import * as vscode from 'vscode';
import { testModelVendor } from '../../support/testModelVendor';

/** A language model of the editor that sums up as a test says, and remembers what it was sent. */
export class TestSummaryModel implements vscode.LanguageModelChatProvider {
  readonly asked: string[] = [];
  readonly #name: string;
  readonly #registration: vscode.Disposable;
  answer: (text: string, token: vscode.CancellationToken) => Promise<string> | string = () =>
    `Summary number ${this.asked.length}.`;

  /** @param name unlike that of other tests: a person agrees to each model once */
  constructor(name: string) {
    this.#name = name;
    this.#registration = vscode.lm.registerLanguageModelChatProvider(testModelVendor, this);
  }

  /** What the setting calls it. */
  get setting(): string {
    return `${testModelVendor}/${this.#name}`;
  }

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    const sizes = { maxInputTokens: 100_000, maxOutputTokens: 1000 };
    return [{ id: this.#name, name: this.#name, family: 'sums', version: '1', capabilities: {}, ...sizes }];
  }

  async provideLanguageModelChatResponse(
    _model: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    _options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const parts = messages.flatMap(({ content }) => [...content]);
    const text = parts.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
    this.asked.push(text);
    progress.report(new vscode.LanguageModelTextPart(await this.answer(text, token)));
  }

  async provideTokenCount(_model: vscode.LanguageModelChatInformation, text: unknown): Promise<number> {
    return Promise.resolve(typeof text === 'string' ? Math.ceil(text.length / 4) : 4);
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
