import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { HostWindow } from './hostWindow';

/** One thing that a person does, during which the extension host is measured. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  /** It begins with a new window. */
  readonly opensWindow?: boolean;
  /** There is nothing to do without Context Cache. */
  readonly needsExtension?: boolean;
  readonly run: (window: HostWindow) => Promise<void>;
}

/** UTF-8 bytes of what is pasted. */
export const pastedBytes = 5_000_000;
const typed = 'the quick brown fox jumps over it. '.repeat(2);

const start = async (window: HostWindow): Promise<void> => window.shows(/[\d.]+k? \/ /);

export const phases: readonly Phase[] = [
  { id: 'cold-start', title: 'starts with 2,000 instruction files, cold', opensWindow: true, run: start },
  { id: 'second-start', title: 'starts with them again', opensWindow: true, run: start },
  {
    id: 'change',
    title: 'changes one of the 2,000 files',
    run: async ({ workbench }) =>
      appendFile(path.join(workbench.workspaceFolder, 'module-1000', 'AGENTS.md'), '\nMore.\n'),
  },
  {
    id: 'trees',
    title: 'opens the view with 2,000 rows, groups it by folder and filters it',
    needsExtension: true,
    run: async ({ workbench }) => {
      const view = await workbench.openView('Instructions');
      await view.waitForText(/AGENTS\.md/);
      await workbench.runCommand('Context Cache: Group Instructions By…');
      await workbench.quickPick.pick('Folder');
      await view.waitForText(/module-0\d/);
      await workbench.runCommand('Context Cache: Filter Instructions…');
      await workbench.page.keyboard.type('module-19', { delay: 60 });
      await workbench.quickPick.accept();
      await view.waitForText(/module-19/);
      await workbench.runCommand('Context Cache: Clear Instructions Filter');
    },
  },
  {
    id: 'open-250kb',
    title: 'opens a prompt of 250 KB, with lenses and heat strip',
    run: async (window) => window.openDocument('250kb.prompt.md'),
  },
  { id: 'open-1mb', title: 'opens a prompt of 1 MB', run: async (window) => window.openDocument('1mb.prompt.md') },
  { id: 'type-1mb', title: 'types into it', run: async (window) => window.type(typed) },
  {
    id: 'paste',
    title: 'pastes 5 MB into it',
    run: async (window) => {
      const { page } = window.workbench;
      await window.workbench.openFile('paste.txt');
      await page
        .locator('.editor-instance .monaco-editor .view-lines')
        .first()
        .click({ position: { x: 200, y: 150 } });
      await window.press('ControlOrMeta+a', 'ControlOrMeta+c');
      await window.openDocument('1mb.prompt.md');
      await window.press('ControlOrMeta+End', 'ControlOrMeta+v');
      await window.shows(/^1,[\d,]{7} tokens/);
    },
  },
  { id: 'open-10mb', title: 'opens a prompt of 10 MB', run: async (window) => window.openDocument('10mb.prompt.md') },
  { id: 'type-10mb', title: 'types into it', run: async (window) => window.type(typed) },
  {
    id: 'select-10mb',
    title: 'selects all of it',
    run: async (window) => {
      await window.press('ControlOrMeta+a');
      await window.shows(/[\d,]{9} selected/);
      await window.press('ArrowUp');
    },
  },
  {
    id: 'explain-10mb',
    title: 'explains its tokens',
    needsExtension: true,
    run: async ({ workbench }) => {
      await workbench.runCommand('Context Cache: Explain Token Count');
      await workbench.editors.waitForTab(/Token count/);
    },
  },
  { id: 'open-line', title: 'opens a line of 1 MB', run: async (window) => window.openDocument('line.prompt.md') },
  { id: 'type-line', title: 'types into it', run: async (window) => window.type(typed) },
  { id: 'select-line', title: 'selects all of it', run: async (window) => window.press('ControlOrMeta+a', 'ArrowUp') },
  {
    id: 'open-letter',
    title: 'opens 1 MB of one letter',
    run: async (window) => window.openDocument('letter.prompt.md'),
  },
  { id: 'type-letter', title: 'types into it', run: async (window) => window.type(typed.replaceAll(' ', '')) },
];
