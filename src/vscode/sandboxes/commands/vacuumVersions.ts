import { formatBytes, plural } from '../../format';
import { withProgress } from '../../progress';
import { pickOne } from '../pickers';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Vacuum Version Store';
const msPerDay = 86_400_000;
const bytesPerMiB = 1024 * 1024;

const ways = [
  { label: 'By Age…', detail: 'Contents that were not used for some days', unit: 'days', usual: '30' },
  {
    label: 'By Size…',
    detail: 'The least recently used contents, until the rest is small enough',
    unit: 'MiB',
    usual: '256',
  },
] as const;

/** Drops contents that are kept of versions and mirrors: says first what goes, and asks. Pinned ones stay. */
export const vacuumVersions: SandboxCommand = {
  id: 'contextCache.vacuumVersions',
  run: async (tools) => {
    const { prompts, clock } = tools.services;
    tools.services.trust.require(title);
    const way = await pickOne(tools, ways, ({ label, detail }) => ({ label, detail }), {
      title,
      placeHolder: 'Which kept contents go?',
    });
    if (way === undefined) {
      return undefined;
    }
    const answer = await prompts.input({
      title,
      prompt: way.unit === 'days' ? 'Not used for how many days?' : 'How many MiB may stay?',
      value: way.usual,
      validateInput: (text) => (/^\d{1,6}$/.test(text.trim()) ? undefined : 'Give a whole number.'),
    });
    if (answer === undefined) {
      return undefined;
    }
    const amount = Number(answer.trim());
    const plan = await withProgress({ title }, async () =>
      tools.history.planVacuum(
        way.unit === 'days' ? { unusedSinceMs: clock.now() - amount * msPerDay } : { maxBytes: amount * bytesPerMiB },
      ),
    );
    if (plan.drop.length === 0) {
      void prompts.tell('information', `Nothing is to be dropped: ${formatBytes(plan.keepBytes)} are kept.`);
      return { dropped: 0, droppedBytes: 0 };
    }
    const yes = await prompts.confirm({
      message: `Drop ${plural(plan.drop.length, 'kept content')}, ${formatBytes(plan.dropBytes)}?`,
      detail: `${formatBytes(plan.keepBytes)} stay. No sandbox is touched; versions whose content goes can not be restored any more.`,
      yes: 'Drop',
    });
    if (!yes) {
      return undefined;
    }
    const result = await tools.history.vacuum(plan);
    void prompts.tell(
      'information',
      `Dropped ${plural(result.dropped, 'content')}, ${formatBytes(result.droppedBytes)}.`,
    );
    return result;
  },
};
