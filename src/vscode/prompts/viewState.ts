import { EventEmitter } from 'vscode';
import type { Event, Memento } from 'vscode';
import { fullVariant, streamlinedVariant } from '../../core/prompts/model';

const storageKey = 'prompts.view';

/** Which variant the view and the status bar speak of; remembered per workspace. */
export class PromptViewState {
  readonly onDidChange: Event<void>;
  private readonly changed = new EventEmitter<void>();
  private readonly memory: Memento;
  private streamlined: boolean;

  constructor(memory: Memento) {
    this.memory = memory;
    this.onDidChange = this.changed.event;
    this.streamlined = memory.get<{ readonly streamlined?: unknown }>(storageKey, {}).streamlined === true;
  }

  /** The name of the variant that is shown. */
  get shownVariant(): string {
    return this.streamlined ? streamlinedVariant : fullVariant;
  }

  async toggleStreamlined(): Promise<void> {
    this.streamlined = !this.streamlined;
    this.changed.fire();
    await this.memory.update(storageKey, { streamlined: this.streamlined });
  }

  dispose(): void {
    this.changed.dispose();
  }
}
