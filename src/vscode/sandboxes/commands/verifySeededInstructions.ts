import { ThemeIcon } from 'vscode';
import { verifySeeded } from '../../../core/cache/plans/verifySeeded';
import type { SeedState, SeedStatus } from '../../../core/cache/seedStatus';
import { executeCommand } from '../../commands';
import { plural } from '../../format';
import { pickOne, pickSandbox } from '../pickers';
import { freshSource } from '../planSource';
import { targetPlace } from '../targets';
import { openSourceDiff } from './diffWithSource';
import type { SandboxCommand } from './sandboxCommand';

const texts: Readonly<Record<SeedState, readonly [text: string, icon: string]>> = {
  absent: ['not in the sandbox', 'circle-slash'],
  missing: ['its file is missing', 'circle-slash'],
  current: ['as in the library', 'pass'],
  expired: ['expired', 'history'],
  outdated: ['the file has changed since it was seeded', 'sync-ignored'],
  changed: ['changed in the sandbox since it was seeded', 'warning'],
  foreign: ['put into the sandbox by something else', 'warning'],
};

type Choice = { readonly kind: 'seed' } | { readonly kind: 'status'; readonly status: SeedStatus };

/** Compares what a sandbox holds with the library, byte by byte; a choice leads to the diff, or to seeding. */
export const verifySeededInstructions: SandboxCommand = {
  id: 'contextCache.verifySeededInstructions',
  run: async (tools, clicked, selected) => {
    const sandbox =
      targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, 'Verify Seeded Instructions'));
    if (sandbox === undefined) {
      return undefined;
    }
    const { instructions } = await tools.library.read();
    const source = await freshSource(tools, sandbox);
    const verification = await verifySeeded(source, instructions, tools.history);
    const { statuses, unknownTags } = verification;
    const different = statuses.filter(({ state }) => state !== 'current');
    if (different.length === 0) {
      void tools.services.prompts.tell(
        'information',
        `${plural(statuses.length, 'instruction')} of ${sandbox.label} are as in the library.`,
      );
      return verification;
    }
    const ordered = [...different, ...statuses.filter(({ state }) => state === 'current')];
    const choice = await pickOne<Choice>(
      tools,
      [{ kind: 'seed' }, ...ordered.map((status) => ({ kind: 'status' as const, status }))],
      (one) => {
        if (one.kind === 'seed') {
          return { label: 'Seed…', description: 'See what seeding would do', iconPath: new ThemeIcon('cloud-upload') };
        }
        const [text, icon] = texts[one.status.state];
        return { label: one.status.instruction.tag, description: text, iconPath: new ThemeIcon(icon) };
      },
      {
        title: `Instructions of ${sandbox.label}`,
        placeHolder: [
          `${different.length} of ${statuses.length} differ from the library; choose one to compare.`,
          unknownTags.length === 0 ? '' : `Not in the library: ${unknownTags.join(', ')}.`,
        ].join(' '),
      },
    );
    if (choice?.kind === 'seed') {
      await executeCommand('contextCache.seedInstructions', tools.view.nodeOf(sandbox));
    } else if (choice?.kind === 'status' && choice.status.entry !== undefined) {
      await openSourceDiff(tools, { sandbox, entry: choice.status.entry });
    }
    return verification;
  },
};
