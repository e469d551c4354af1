import { EventEmitter } from 'vscode';
import type { Event, TextDocument, Uri } from 'vscode';
import { formatBytes } from '../format';
import { locationOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { maxMeasuredLength } from './measuredLength';

/** The editor's own languages for instruction and prompt files. */
export const promptLanguages: ReadonlySet<string> = new Set([
  'prompt',
  'instructions',
  'chatagent',
  'chatmode',
  'skill',
]);

export const tooLongNote = `Not measured part by part: more than ${formatBytes(maxMeasuredLength)} of text`;

/** Others who know documents of prompts. */
export interface PromptFilesSource {
  /** Whether it is a manifest, or a file that one names. */
  isOfPrompt(uri: Uri): boolean;
  readonly onDidChange: Event<void>;
}

/** The instructions and prompts among the documents: those are measured section by section and line by line. */
export class MeasuredDocuments {
  /** Fires when other documents may be among them. */
  readonly onDidChange: Event<void>;
  private readonly changed = new EventEmitter<void>();
  private readonly instructions: InstructionsModel | undefined;
  private readonly sources: PromptFilesSource[] = [];
  private readonly listeners: { dispose(): void }[] = [];

  constructor(instructions: InstructionsModel | undefined) {
    this.instructions = instructions;
    this.onDidChange = this.changed.event;
    if (instructions !== undefined) {
      this.listen(instructions.onDidChange);
    }
  }

  add(source: PromptFilesSource): void {
    this.sources.push(source);
    this.listen(source.onDidChange);
  }

  has({ languageId, uri }: TextDocument): boolean {
    return (
      promptLanguages.has(languageId) ||
      /\.prompt\.md$/i.test(uri.path) ||
      this.instructions?.isInstruction(locationOf(uri)) === true ||
      this.sources.some((source) => source.isOfPrompt(uri))
    );
  }

  dispose(): void {
    for (const listener of this.listeners.splice(0)) {
      listener.dispose();
    }
    this.changed.dispose();
  }

  private listen(event: Event<void>): void {
    this.listeners.push(
      event(() => {
        this.changed.fire();
      }),
    );
  }
}

/** @param length in UTF-16 units */
export function isTooLong(length: number): boolean {
  return length > maxMeasuredLength;
}

/** UTF-16 units of a document, without putting its text together. */
export function lengthOf(document: TextDocument): number {
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
}
