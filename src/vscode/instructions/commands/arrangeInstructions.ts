import { window } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { Prompts } from '../../prompts';
import type { Grouping, Ordering } from '../rows';
import type { ViewState } from '../viewState';

interface ChoiceItem<Value> extends QuickPickItem {
  readonly value: Value;
}

const groupings: readonly ChoiceItem<Grouping>[] = [
  { value: 'mode', label: 'Load mode', description: 'always, glob, on demand, manual' },
  { value: 'format', label: 'Format', description: 'AGENTS.md, skills, rules, …' },
  { value: 'folder', label: 'Folder', description: 'where the files are' },
];

const orderings: readonly ChoiceItem<Ordering>[] = [
  { value: 'size', label: 'Size', description: 'most tokens first' },
  { value: 'name', label: 'Name', description: 'by path' },
];

/** Group Instructions By: one of the groupings; a value that is passed is taken without asking. */
export async function groupInstructions(prompts: Prompts, viewState: ViewState, given: unknown): Promise<void> {
  const grouping = await choose(prompts, 'Group instructions by', groupings, viewState.rowOptions.grouping, given);
  if (grouping !== undefined) {
    await viewState.change({ grouping });
  }
}

/** Sort Instructions By: size or name; a value that is passed is taken without asking. */
export async function sortInstructions(prompts: Prompts, viewState: ViewState, given: unknown): Promise<void> {
  const ordering = await choose(prompts, 'Sort instructions by', orderings, viewState.rowOptions.ordering, given);
  if (ordering !== undefined) {
    await viewState.change({ ordering });
  }
}

/** Filter Instructions: follows the typing; Escape brings the former filter back. */
export async function filterInstructions(viewState: ViewState, given: unknown): Promise<void> {
  if (typeof given === 'string') {
    await viewState.change({ filter: given.trim() });
    return;
  }
  const before = viewState.rowOptions.filter;
  const box = window.createInputBox();
  box.title = 'Filter instructions';
  box.placeholder = 'Words in the path, name, description, format or load mode';
  box.value = before;
  const accepted = await new Promise<boolean>((resolve) => {
    box.onDidChangeValue((value) => void viewState.change({ filter: value.trim() }));
    box.onDidAccept(() => {
      resolve(true);
    });
    box.onDidHide(() => {
      resolve(false);
    });
    box.show();
  });
  box.dispose();
  if (!accepted) {
    await viewState.change({ filter: before });
  }
}

export async function clearInstructionsFilter(viewState: ViewState): Promise<void> {
  await viewState.change({ filter: '' });
}

async function choose<Value extends string>(
  prompts: Prompts,
  title: string,
  choices: readonly ChoiceItem<Value>[],
  current: Value,
  given: unknown,
): Promise<Value | undefined> {
  const passed = choices.find(({ value }) => value === given);
  if (passed !== undefined) {
    return passed.value;
  }
  const items = choices.map((choice) => ({
    ...choice,
    label: choice.value === current ? `$(check) ${choice.label}` : choice.label,
  }));
  return (await prompts.pick(items, { title }))?.value;
}
