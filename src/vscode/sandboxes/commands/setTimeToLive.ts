import { planTtl } from '../../../core/cache/plans/editEntries';
import { rulesOf } from '../../../core/cache/scopes';
import { plural } from '../../format';
import { parseHours } from '../lifetimes';
import { editTargets, entriesToEdit } from './editTargets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Set Time to Live';
const msPerHour = 3_600_000;

/** Lets entries live for so many hours from now on. */
export const setTimeToLive: SandboxCommand = {
  id: 'contextCache.setTimeToLive',
  run: async (tools, clicked, selected) => {
    const targets = await entriesToEdit(tools, clicked, selected, title);
    const [first] = targets;
    if (first === undefined) {
      return undefined;
    }
    const { entry } = first;
    const answer = await tools.services.prompts.input({
      title,
      value: String(entry.ttlHours ?? rulesOf(entry.scope).defaultTtlHours),
      prompt: `Hours from now for ${targets.length === 1 ? entry.originalKey : plural(targets.length, 'entry', 'entries')}; 24h, 7d and 90m work too`,
      validateInput: (text) =>
        parseHours(text) === undefined ? 'Give a length of time above zero, such as 24, 7d or 90m.' : undefined,
    });
    const hours = answer === undefined ? undefined : parseHours(answer);
    return hours === undefined
      ? undefined
      : editTargets(
          tools,
          targets,
          (source, entries) => planTtl(source, entries, hours),
          (count) =>
            `${plural(count, 'entry lives', 'entries live')} until ${new Date(tools.services.clock.now() + hours * msPerHour).toISOString().slice(0, 16)}Z`,
        );
  },
};
