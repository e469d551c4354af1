/**
 * `npm run bench:host`: how long the extension host is blocked, in the real workbench, by what a person does with 2,000
 * instruction files and with long documents; with Context Cache and without it, in turn. `--rounds 3`,
 * `--output file.md` also writes, `--recordings folder` keeps what was recorded. Prints Markdown. Fails when a turn of
 * the event loop had more than `--limit 8` milliseconds of Context Cache's own work in it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { makeExtensionSnapshot } from '../support/extensionSnapshot';
import { browserFlags, ensureBrowser } from '../support/host/browser';
import { WebHost } from '../support/host/webHost';
import { installWebHost } from '../support/host/webHostFiles';
import { withTemporaryFolder } from '../support/places';
import { runMain, say } from '../support/say';
import { userSettings } from '../support/userSettings';
import { hostileText, textsOf, workspaceTexts } from './corpus';
import { HostWindow } from './hostWindow';
import { phases, pastedBytes } from './hostPhases';
import type { Phase } from './hostPhases';
import { turnsOf } from './hostTurns';
import type { Recording, Turn } from './hostTurns';
import { layOutMeter } from './meterExtension';
import { duration, markdownTable, median } from './report';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '8' },
    output: { type: 'string' },
    recordings: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const limitMs = Number(options.limit);

/** The longest turns of one phase in one window. */
interface Measured {
  readonly busyMs: number;
  readonly ownMs: number;
  readonly ownFunction: string;
}

type Results = Map<Phase, Record<'with' | 'without', Measured[]>>;

async function main(): Promise<number> {
  return withTemporaryFolder(async (folder) => {
    const extension = path.join(folder, 'extension');
    await makeExtensionSnapshot(extension);
    const dataFolder = path.join(folder, 'server');
    await layOutMeter(path.join(dataFolder, 'extensions', 'bench.meter-1.0.0'), 'hostMeter.cjs', '*');
    const files = await installWebHost();
    const executablePath = await ensureBrowser();
    const portFile = path.join(folder, 'meter-port');
    const home = path.join(folder, 'home');
    const host = await WebHost.start(files, {
      dataFolder,
      env: { CONTEXT_CACHE_HOME: home, BENCH_METER_PORT_FILE: portFile },
    });
    try {
      await host.writeUserSettings(
        userSettings(true, {
          'chat.disableAIFeatures': true,
          'files.autoSave': 'off',
          'contextCache.tokens.heatStrip': true,
        }),
      );
      const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
      try {
        const results: Results = new Map(phases.map((phase) => [phase, { with: [], without: [] }]));
        for (let round = 0; round < rounds; round++) {
          for (const condition of ['with', 'without'] as const) {
            const workspace = path.join(folder, `workspace-${round}-${condition}`);
            await layOutWorkspace(workspace);
            await rm(home, { recursive: true, force: true });
            await measureAll({ host, browser, folder, extension, portFile, workspace }, condition, results);
          }
        }
        const report = reportOf(results);
        say(report);
        if (options.output !== undefined) {
          await writeFile(options.output, `${report}\n`);
        }
        return [...results.values()].some(({ with: measured }) => measured.some(({ ownMs }) => ownMs > limitMs))
          ? 1
          : 0;
      } finally {
        await browser.close();
      }
    } finally {
      await host.stop();
    }
  });
}

interface Opened {
  readonly host: WebHost;
  readonly browser: Browser;
  readonly folder: string;
  readonly extension: string;
  readonly portFile: string;
  readonly workspace: string;
}

/** All phases, in their order; those that begin a window open one and end the one before. */
async function measureAll(opened: Opened, condition: 'with' | 'without', results: Results): Promise<void> {
  const { host, browser, folder, extension, portFile, workspace } = opened;
  const isWith = condition === 'with';
  let window: HostWindow | undefined;
  try {
    for (const phase of phases) {
      if (phase.needsExtension && !isWith) {
        continue;
      }
      if (phase.opensWindow) {
        await window?.close();
        const address = host.address({ workspace, ...(isWith ? { extensionDevelopmentPath: extension } : {}) });
        window = await HostWindow.open(browser, address, { workspace, portFile, isWith });
      }
      await phase.run(window!);
      await window!.rest();
      const file = path.join(folder, 'recording.json');
      await window!.takeRecording(file);
      const text = await readFile(file, 'utf8');
      const turns = turnsOf(JSON.parse(text) as Recording, (url) => url.includes('/extension/dist/extension.js'));
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

function reportOf(results: Results): string {
  const header = ['what a person does', 'without', 'with Context Cache', 'its own part', 'most of it in'];
  const rows = [...results].map(([{ title }, measured]) => {
    const most = Math.max(0, ...measured.with.map(({ ownMs }) => ownMs));
    return [
      title,
      duration(median(measured.without.map(({ busyMs }) => busyMs))),
      duration(median(measured.with.map(({ busyMs }) => busyMs))),
      duration(most),
      most < limitMs / 2 ? '' : `\`${measured.with.find(({ ownMs }) => ownMs === most)?.ownFunction ?? ''}\``,
    ];
  });
  return [
    '# How long the extension host is blocked',
    `Printed by \`npm run bench:host\` on ${cpus().length} × ${cpus()[0]!.model}, ${rounds} rounds, in the real workbench. ` +
      'A row shows the longest time in which the event loop of the extension host did not come round. The first two ' +
      'figures are medians and hold the work of the editor and of its own extensions too, which share the thread; the ' +
      `third is the longest of all rounds with a function of Context Cache on the stack, without the collection of garbage, and may not pass ${limitMs} ms. ` +
      'Taken from CPU profiles, so that what else the machine runs is not counted.',
    markdownTable(header, rows),
  ].join('\n\n');
}

runMain(main);
