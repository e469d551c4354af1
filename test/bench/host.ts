/**
 * `npm run bench:host`: how long the extension host is blocked, in the real workbench, by what a person does with 2,000
 * instruction files and with long documents; with Context Cache and without it, in turn. `--rounds 3`,
 * `--phases open-1mb,type-1mb` for those alone, `--output file.md` also writes, `--recordings folder` keeps what was recorded.
 * Prints Markdown. Fails when the longest turn of the event loop had more than `--limit 8` milliseconds of Context
 * Cache's own work in it, in the median of the rounds.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, say } from '../support/say';
import { userSettings } from '../support/userSettings';
import { hostileText, textsOf, workspaceTexts } from './corpus';
import { HostWindow } from './hostWindow';
import { phases, pastedBytes } from './hostPhases';
import type { Phase } from './hostPhases';
import { turnsOf } from './hostTurns';
import type { Recording, Turn } from './hostTurns';
import { withMeteredHost } from './meteredHost';
import type { MeteredHost } from './meteredHost';
import { duration, markdownTable, median } from './report';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '8' },
    output: { type: 'string' },
    phases: { type: 'string' },
    recordings: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const limitMs = Number(options.limit);
const wanted = options.phases?.split(',');
const chosen = phases.filter(({ id }) => wanted?.includes(id) ?? true);
const unknown = wanted?.filter((id) => phases.every((phase) => phase.id !== id)) ?? [];

/** The longest turns of one phase in one window. */
interface Measured {
  readonly busyMs: number;
  readonly ownMs: number;
  readonly ownFunction: string;
}

type Results = Map<Phase, Record<'with' | 'without', Measured[]>>;

async function main(): Promise<number> {
  if (unknown.length > 0) {
    throw new Error(`There is no phase ${unknown.join(', ')}; there are ${phases.map(({ id }) => id).join(', ')}.`);
  }
  return withMeteredHost('hostMeter.cjs', '*', async (metered) => {
    const { host, folder, home } = metered;
    await host.writeUserSettings(
      userSettings(true, {
        'chat.disableAIFeatures': true,
        'files.autoSave': 'off',
        'contextCache.tokens.heatStrip': true,
      }),
    );
    const results: Results = new Map(chosen.map((phase) => [phase, { with: [], without: [] }]));
    for (let round = 0; round < rounds; round++) {
      for (const condition of ['with', 'without'] as const) {
        const workspace = path.join(folder, `workspace-${round}-${condition}`);
        await layOutWorkspace(workspace);
        await rm(home, { recursive: true, force: true });
        await measureAll(metered, workspace, condition, results);
      }
    }
    const report = reportOf(results);
    say(report);
    if (options.output !== undefined) {
      await writeFile(options.output, `${report}\n`);
    }
    if ([...results.values()].every(({ with: measured }) => measured.every(({ ownMs }) => ownMs === 0))) {
      throw new Error('No function of Context Cache was seen.');
    }
    const own = [...results.values()].map(({ with: measured }) => median(measured.map(({ ownMs }) => ownMs)));
    return own.some((ms) => (ms ?? 0) > limitMs) ? 1 : 0;
  });
}

/** All phases, in their order; those that begin a window open one and end the one before. */
async function measureAll(
  { host, browser, folder, extension, portFile, keepInMemory }: MeteredHost,
  workspace: string,
  condition: 'with' | 'without',
  results: Results,
): Promise<void> {
  const isWith = condition === 'with';
  const file = path.join(folder, 'recording.json');
  let window: HostWindow | undefined;
  try {
    for (const phase of chosen) {
      if (phase.needsExtension && !isWith) {
        continue;
      }
      if (phase.opensWindow || window === undefined) {
        await window?.close();
        await keepInMemory();
        const address = host.address({ workspace, ...(isWith ? { extensionDevelopmentPath: extension } : {}) });
        window = await HostWindow.open(browser, address, { workspace, portFile, isWith });
        if (!phase.opensWindow) {
          await window.rest();
          await window.takeRecording(file);
        }
      }
      await keepInMemory();
      await phase.run(window);
      await window.rest();
      await window.takeRecording(file);
      const text = await readFile(file, 'utf8');
      const turns = turnsOf(JSON.parse(text) as Recording, (url) => url.includes('/extension/dist/'));
      results.get(phase)![condition].push(longest(turns));
      if (options.recordings !== undefined) {
        await mkdir(options.recordings, { recursive: true });
        await writeFile(path.join(options.recordings, `${phase.id}-${condition}.json`), text);
      }
    }
  } finally {
    await window?.close();
  }
}

function longest(turns: readonly Turn[]): Measured {
  const [own] = turns.toSorted((one, other) => other.ownMs - one.ownMs);
  return {
    busyMs: Math.max(0, ...turns.map(({ busyMs }) => busyMs)),
    ownMs: own?.ownMs ?? 0,
    ownFunction: own?.ownFunction ?? '',
  };
}

/** 2,000 instruction files and the prompts that the phases open. */
async function layOutWorkspace(workspace: string): Promise<void> {
  for (const [index, text] of workspaceTexts().entries()) {
    const place = path.join(workspace, `module-${String(index).padStart(4, '0')}`);
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'AGENTS.md'), text);
  }
  const line = textsOf('markdown', 1_000_000, 1)[0]!.replaceAll(/\s+/g, '_');
  const prompts = {
    '250kb.prompt.md': textsOf('markdown', 250_000, 1)[0]!,
    '1mb.prompt.md': textsOf('markdown', 1_000_000, 1)[0]!,
    '10mb.prompt.md': textsOf('markdown', 10_000_000, 1)[0]!,
    'line.prompt.md': line,
    'letter.prompt.md': hostileText('letter', 1_000_000),
    'paste.txt': textsOf('markdown', pastedBytes, 1)[0]!,
  };
  for (const [name, text] of Object.entries(prompts)) {
    await writeFile(path.join(workspace, name), text);
  }
}

/** With the function in which most of it was spent, where it is worth a look. */
function longestOwn(measured: readonly Measured[]): string {
  const [most] = measured.toSorted((one, other) => other.ownMs - one.ownMs);
  return most === undefined || most.ownMs < limitMs / 2
    ? duration(most?.ownMs ?? 0)
    : `${duration(most.ownMs)} in \`${most.ownFunction}\``;
}

function reportOf(results: Results): string {
  const header = ['what a person does', 'without', 'with Context Cache', 'its own part', 'its longest'];
  const rows = [...results].map(([{ title }, measured]) => {
    const own = measured.with.map(({ ownMs }) => ownMs);
    return [
      title,
      duration(median(measured.without.map(({ busyMs }) => busyMs))),
      duration(median(measured.with.map(({ busyMs }) => busyMs))),
      duration(median(own)),
      longestOwn(measured.with),
    ];
  });
  return [
    '# How long the extension host is blocked',
    `Printed by \`npm run bench:host\` on ${cpus().length} × ${cpus()[0]!.model}, ${rounds} rounds, in the real workbench. ` +
      'A row shows the longest time in which the event loop of the extension host did not come round, as the median of ' +
      'the rounds. The first two figures hold the work of the editor and of its own extensions too, which share the ' +
      'thread; the third is the longest with a function of Context Cache on the stack, loading of its parts included, ' +
      `without the collection of garbage: that may not pass ${limitMs} ms. The last is the longest of all rounds, in ` +
      'which the machine can have a part too, such as memory that it has to find first. Taken from CPU profiles and ' +
      'from the time for which the thread ran, so that what else the machine runs is not counted.',
    markdownTable(header, rows),
  ].join('\n\n');
}

runMain(main);
