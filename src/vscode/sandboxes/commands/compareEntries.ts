import { UserError } from '../../../core/errors';
import { setContext } from '../../commands';
import { pickEntry } from '../pickers';
import { activeEntry, targetEntries } from '../targets';
import type { EntryTarget } from '../targets';
import { openEntryDiff } from './diffEntries';
import type { SandboxCommand } from './sandboxCommand';

/** Two commands that share the entry which was selected first. */
export function createCompareCommands(): readonly SandboxCommand[] {
  let remembered: EntryTarget | undefined;
  return [
    {
      id: 'contextCache.selectEntryForCompare',
      run: async (tools, clicked, selected) => {
        const [target] = await targetEntries(tools, clicked, selected);
        const picked =
          target ??
          (await activeEntry(tools)) ??
          (await pickEntry(tools, { title: 'Select Entry for Compare', placeHolder: 'Which entry?' }));
        if (picked !== undefined) {
          remembered = picked;
          setContext('contextCache.sandboxes.compareSelected', true);
        }
      },
    },
    {
      id: 'contextCache.compareWithSelectedEntry',
      run: async (tools, clicked, selected) => {
        if (remembered === undefined) {
          throw new UserError('No entry is selected for compare.', 'Run "Select Entry for Compare" first.');
        }
        const [target] = await targetEntries(tools, clicked, selected);
        const picked =
          target ??
          (await pickEntry(tools, {
            title: 'Compare with Selected Entry',
            placeHolder: `Compare ${remembered.entry.originalKey} with`,
          }));
        if (picked !== undefined) {
          await openEntryDiff(remembered, picked);
        }
      },
    },
  ];
}
