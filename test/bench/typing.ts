/**
 * `npm run bench:typing`: types into a prompt of 1 MB in the real workbench and reads what the extension host computes
 * for each keystroke: with the status bar on, with it off, and without the extension, in turn. `--keys 200`,
 * `--rounds 3`, `--bytes 1000000`, `--output file.md` also writes. Prints medians as Markdown.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Workbench } from '../e2e/support/workbench';
import { runMain, say } from '../support/say';
import { userSettings } from '../support/userSettings';
import { textsOf } from './corpus';
import { meterPort, withMeteredHost } from './meteredHost';
import type { MeteredHost } from './meteredHost';
import { duration, markdownTable, median } from './report';

const { values: options } = parseArgs({
  options: {
    keys: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    bytes: { type: 'string', default: '1000000' },
    output: { type: 'string' },
  },
});
const keys = Number(options.keys);
const rounds = Number(options.rounds);
const bytes = Number(options.bytes);
/** Between two keystrokes: a fast typist's. */
const keyDelayMs = 60;
/** How long the window is left alone before and after typing, for what comes late. */
const restMs = 3000;

const conditions = [
  { label: 'Context Cache, status bar on', extension: true, statusBar: true },
  { label: 'Context Cache, status bar off', extension: true, statusBar: false },
  { label: 'without Context Cache', extension: false, statusBar: false },
] as const;
type Condition = (typeof conditions)[number];

/** What the meter inside the extension host reads. */
interface Reading {
  /** Of all threads of the extension host since its start, in milliseconds. */
  readonly cpuMs: number;
  /** The longest time since the reading before in which the extension host's thread did not come to a timer. */
  readonly longestBlockMs: number;
}

interface Measured {
  readonly cpuPerKeyMs: number;
  readonly longestBlockMs: number;
}

async function main(): Promise<number> {
  return withMeteredHost('meter.cjs', 'onStartupFinished', async (metered) => {
    const measured = new Map<string, Measured[]>(conditions.map(({ label }) => [label, []]));
    for (let round = 0; round < rounds; round++) {
      for (const condition of conditions) {
        measured.get(condition.label)!.push(await measure(metered, condition));
      }
    }
    const report = reportOf(measured);
    say(report);
    if (options.output !== undefined) {
      await writeFile(options.output, `${report}\n`);
    }
    return 0;
  });
}

/** Opens a window, types, and closes it. */
async function measure(metered: MeteredHost, condition: Condition): Promise<Measured> {
  const { host, browser, folder, extension, portFile } = metered;
  const workspace = await mkdtemp(path.join(folder, 'workspace-'));
  await writeFile(path.join(workspace, 'prompt.md'), textsOf('markdown', bytes, 1)[0]!);
  await rm(portFile, { force: true });
  await host.writeUserSettings(
    userSettings(true, {
      'chat.disableAIFeatures': true,
      'contextCache.tokens.statusBar': condition.statusBar,
      'files.autoSave': 'off',
    }),
  );
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, locale: 'en-US' });
  try {
    const page = await context.newPage();
    const workbench = new Workbench(context, page, workspace);
    const address = condition.extension ? { workspace, extensionDevelopmentPath: extension } : { workspace };
    await page.goto(host.address(address));
    await page.locator('.part.statusbar').waitFor();
    const port = await meterPort(portFile);
    await workbench.openFile('prompt.md');
    if (condition.statusBar) {
      await workbench.statusBar(/\d tokens/).waitFor();
    }
    await page.locator('.monaco-editor .view-line').nth(5).click();
    const read = async (): Promise<Reading> => (await (await fetch(`http://127.0.0.1:${port}`)).json()) as Reading;
    const rest = async (): Promise<void> => page.waitForTimeout(restMs);
    // Whatever is compiled or started with the first keystrokes is not what a keystroke costs.
    await page.keyboard.type('warming up ', { delay: keyDelayMs });
    await rest();
    const beforeIdle = await read();
    const idleSince = performance.now();
    await rest();
    const begin = await read();
    const idleShare = (begin.cpuMs - beforeIdle.cpuMs) / (performance.now() - idleSince);
    const since = performance.now();
    await page.keyboard.type('the quick brown fox jumps over it. '.repeat(keys).slice(0, keys), { delay: keyDelayMs });
    await rest();
    const end = await read();
    const idleMs = idleShare * (performance.now() - since);
    return {
      cpuPerKeyMs: (end.cpuMs - begin.cpuMs - idleMs) / keys,
      longestBlockMs: end.longestBlockMs,
    };
  } finally {
    await context.close();
  }
}

function reportOf(measured: ReadonlyMap<string, readonly Measured[]>): string {
  const rows = [...measured].map(([label, values]) => [
    label,
    duration(median(values.map(({ cpuPerKeyMs }) => cpuPerKeyMs))),
    duration(Math.min(...values.map(({ cpuPerKeyMs }) => cpuPerKeyMs))),
    duration(median(values.map(({ longestBlockMs }) => longestBlockMs))),
  ]);
  const header = ['window', 'computing per keystroke, median', 'least', 'longest block of its thread while typing'];
  return [
    '# Typing in a long prompt, measured',
    `Printed by \`npm run bench:typing\` on ${cpus().length} × ${cpus()[0]!.model}: ${keys} keystrokes, one each ` +
      `${keyDelayMs} ms, into a Markdown file of ${bytes.toLocaleString('en-US')} bytes in the real workbench. ` +
      `Computing time of all threads of the extension host, less what it computes in the same time without typing; ` +
      `${rounds} rounds, the windows in turn. Other extensions of the editor, such as that for Markdown, work in the ` +
      'same host: what the last row shows is theirs.',
    markdownTable(header, rows),
  ].join('\n\n');
}

runMain(main);
