import { planTags } from '../../../core/cache/plans/editEntries';
import { plural } from '../../format';
import { editTargets, entriesToEdit } from './editTargets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Edit Tags';

/** Replaces the tags of one entry, or adds and removes tags of several. */
export const editTags: SandboxCommand = {
  id: 'contextCache.editTags',
  run: async (tools, clicked, selected) => {
    const targets = await entriesToEdit(tools, clicked, selected, title);
    if (targets.length === 0) {
      return undefined;
    }
    // Only tags that all have in common can be shown as the ones to edit.
    const [first, ...others] = targets.map(({ entry }) => entry.tags);
    const common = (first ?? []).filter((tag) => others.every((tags) => tags.includes(tag)));
    const answer = await tools.services.prompts.input({
      title,
      value: common.join(', '),
      prompt:
        targets.length === 1
          ? 'The tags of the entry, with commas between'
          : `The tags that ${plural(targets.length, 'entry', 'entries')} have in common, with commas between; other tags stay`,
    });
    if (answer === undefined) {
      return undefined;
    }
    const tags = [...new Set(answer.split(',').map((tag) => tag.trim()))].filter(Boolean);
    const edit = { add: tags, remove: common.filter((tag) => !tags.includes(tag)) };
    return editTargets(
      tools,
      targets,
      (source, entries) => planTags(source, entries, edit),
      (count) => (count === 0 ? 'No tag changed' : `Edited the tags of ${plural(count, 'entry', 'entries')}`),
    );
  },
};
