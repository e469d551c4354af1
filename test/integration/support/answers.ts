import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestAccess } from '../../../src/extension';
import { back } from '../../../src/vscode/steps';

/** What was asked or said, in order. */
export interface Asked {
  readonly kind: 'pick' | 'pickMany' | 'input' | 'confirm' | 'openDialog' | 'saveDialog' | 'tell';
  /** The title, question or message. */
  readonly text: string;
  /** The detail of a question. */
  readonly detail?: string;
  /** What stands above the items of a step. */
  readonly placeHolder?: string;
  /** The details of the items of a step. */
  readonly details?: readonly (string | undefined)[];
  /** The labels that were offered, as they were; the buttons of a message. */
  readonly offered: readonly string[];
  /** Of several: those that were ticked at first. */
  readonly ticked?: readonly string[];
}

/** An answer: labels to pick, a text to type, yes or no, a folder or file, the step before; undefined gives up. */
export type Answer =
  | { readonly pick: string | RegExp | undefined }
  | { readonly tick: readonly (string | RegExp)[] | 'as offered' | undefined }
  | { readonly type: string | undefined }
  | { readonly say: boolean }
  | { readonly open: vscode.Uri | undefined }
  | { readonly save: vscode.Uri | undefined }
  | { readonly back: true };

/** Answers dialogs in the place of a person, and remembers what was asked. Messages need no answer. */
export interface Answers {
  readonly asked: readonly Asked[];
  /** The messages that were shown, oldest first. */
  readonly told: readonly string[];
  /** Answers for the next questions, in their order. */
  next(...answers: readonly Answer[]): void;
  /** Presses this button on the next message that has it. */
  press(button: string): void;
  /** Waits for a message. */
  toldOf(pattern: RegExp): Promise<string>;
  /** Fails when answers were left over; gives the dialogs back to the editor. */
  restore(): void;
}

export async function answerPrompts(): Promise<Answers> {
  const extension = vscode.extensions.getExtension<TestAccess>('context-cache.context-cache');
  assert.ok(extension !== undefined);
  const { prompts } = await extension.activate();
  // The one object that the extension asks; its methods are replaced while a test runs.
  const target = prompts;
  const original = { ...prompts };
  const asked: Asked[] = [];
  const told: string[] = [];
  const queue: Answer[] = [];
  const presses: string[] = [];
  const take = (kind: string, one: Asked): unknown => {
    asked.push(one);
    const answer = queue.shift() as Readonly<Record<string, unknown>> | undefined;
    if (answer?.['back'] === true && (kind === 'pick' || kind === 'type')) {
      return back;
    }
    assert.ok(
      answer !== undefined && kind in answer,
      `Unexpected ${one.kind} "${one.text}" with ${JSON.stringify(one.offered)}; the next answer is ${JSON.stringify(answer)}`,
    );
    return answer[kind];
  };
  const find = <Item extends vscode.QuickPickItem>(items: readonly Item[], wanted: string | RegExp): Item => {
    const found = items.find(({ label }) => (typeof wanted === 'string' ? label === wanted : wanted.test(label)));
    assert.ok(found !== undefined, `${String(wanted)} is not among ${items.map(({ label }) => label).join(', ')}`);
    return found;
  };
  const labels = (items: readonly vscode.QuickPickItem[]): string[] => items.map(({ label }) => label);

  target.pick = async (items, options) => {
    const wanted = take('pick', { kind: 'pick', text: options.title ?? '', offered: labels(items) }) as
      string | RegExp | undefined;
    return Promise.resolve(wanted === undefined ? undefined : find(items, wanted));
  };
  target.pickMany = async (items, options) => {
    const ticked = items.filter(({ picked }) => picked === true);
    const question = { text: options.title ?? '', offered: labels(items), ticked: labels(ticked) };
    const wanted = take('tick', { kind: 'pickMany', ...question }) as
      readonly (string | RegExp)[] | 'as offered' | undefined;
    const chosen = wanted === 'as offered' ? ticked : wanted?.map((one) => find(items, one));
    return Promise.resolve(chosen);
  };
  target.input = async (options) => {
    const text = take('type', { kind: 'input', text: options.title ?? '', offered: [options.value ?? ''] }) as
      string | undefined;
    const complaint = text === undefined ? undefined : await options.validateInput?.(text);
    assert.ok(complaint === undefined || complaint === null || complaint === '', JSON.stringify(complaint));
    return text;
  };
  target.pickStep = async (items, { title, placeHolder, canGoBack }) => {
    const details = items.map(({ detail }) => detail);
    const wanted = take('pick', { kind: 'pick', text: title, placeHolder, details, offered: labels(items) }) as
      string | RegExp | typeof back | undefined;
    assert.ok(wanted !== back || canGoBack);
    return Promise.resolve(wanted === undefined || wanted === back ? wanted : find(items, wanted));
  };
  target.inputStep = async ({ title, prompt, value, canGoBack, validate }) => {
    const text = take('type', { kind: 'input', text: title, detail: prompt, offered: [value] }) as
      string | typeof back | undefined;
    assert.ok(text !== back || canGoBack);
    const complaint = typeof text === 'string' ? validate(text) : undefined;
    assert.equal(complaint, undefined);
    return Promise.resolve(text);
  };
  target.saveDialog = async (options) =>
    Promise.resolve(
      take('save', { kind: 'saveDialog', text: options.title ?? '', offered: [] }) as vscode.Uri | undefined,
    );
  target.confirm = async ({ message, detail, yes }) =>
    Promise.resolve(take('say', { kind: 'confirm', text: message, detail, offered: [yes] }) as boolean);
  target.openDialog = async (options) => {
    const folder = take('open', { kind: 'openDialog', text: options.title ?? '', offered: [] }) as
      vscode.Uri | undefined;
    return Promise.resolve(folder === undefined ? undefined : [folder]);
  };
  target.tell = async (_kind, message, ...buttons) => {
    asked.push({ kind: 'tell', text: message, offered: buttons });
    told.push(message);
    const pressed = presses.findIndex((button) => buttons.includes(button));
    return Promise.resolve(pressed === -1 ? undefined : presses.splice(pressed, 1)[0]);
  };

  return {
    asked,
    told,
    next: (...answers) => {
      queue.push(...answers);
    },
    press: (button) => {
      presses.push(button);
    },
    toldOf: async (pattern) => {
      const deadline = Date.now() + 25_000;
      for (;;) {
        const message = told.find((one) => pattern.test(one));
        if (message !== undefined) {
          return message;
        }
        assert.ok(Date.now() < deadline, `Nobody said ${String(pattern)}, only ${JSON.stringify(told)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    restore: () => {
      Object.assign(target, original);
      assert.deepEqual([...queue, ...presses], [], 'Some answers were never asked for.');
    },
  };
}
