import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentTools } from '../../src/agent/tools/table';
import { projectRoot } from './places';

interface Contributes {
  readonly commands: readonly { readonly command: string; readonly title: string }[];
  readonly menus?: { readonly commandPalette?: readonly { readonly command: string; readonly when: string }[] };
  readonly configuration: Configuration | readonly Configuration[];
}

interface Configuration {
  readonly properties: Readonly<
    Record<string, { readonly default: unknown; readonly markdownDescription?: string; readonly description?: string }>
  >;
}

/** The pages whose tables are written from the code, by their path in the project, as they should be. */
export async function writtenPages(): Promise<Map<string, string>> {
  const { contributes } = JSON.parse(await read('package.json')) as { contributes: Contributes };
  const texts = JSON.parse(await read('package.nls.json')) as Readonly<Record<string, string>>;
  const translate = (text = ''): string => (/^%.+%$/.test(text) ? texts[text.slice(1, -1)]! : text);
  const pages = new Map<string, string>();
  const put = async (page: string, name: string, body: string): Promise<void> => {
    const text = pages.get(page) ?? (await read(page));
    const section = new RegExp(`(<!-- ${name}:[^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!section.test(text)) {
      throw new Error(`${page} has no place for the table of ${name}.`);
    }
    pages.set(
      page,
      text.replace(section, (_, start: string, end: string) => `${start}\n${body}\n\n${end}`),
    );
  };
  await put('media/docs/commands.md', 'commands', commandTable(contributes, translate));
  await put('media/docs/commands.md', 'settings', settingTable(contributes, translate));
  await put('media/docs/agents.md', 'agent tools', toolTable());
  await put('media/docs/agents.md', 'agent results', allTables(await read('test/bench/RESULTS-agents.md')));
  await put('media/docs/tokens.md', 'host results', allTables(await read('test/bench/RESULTS-host.md')));
  await put('README.md', 'token results', tokenResults(await read('test/bench/RESULTS-tokens.md')));
  return pages;
}

async function read(page: string): Promise<string> {
  return readFile(join(projectRoot, page), 'utf8');
}

function commandTable({ commands, menus }: Contributes, translate: (text: string) => string): string {
  const hidden = new Set(
    (menus?.commandPalette ?? []).filter(({ when }) => when === 'false').map(({ command }) => command),
  );
  return table(
    ['command', 'id'],
    commands.map(({ command, title }) => [
      `${cell(translate(title))}${hidden.has(command) ? ' (in menus only)' : ''}`,
      `\`${command}\``,
    ]),
  );
}

function settingTable({ configuration }: Contributes, translate: (text?: string) => string): string {
  return table(
    ['setting', 'default', 'what it does'],
    [configuration]
      .flat()
      .flatMap(({ properties }) => Object.entries(properties))
      .map(([id, setting]) => [
        `\`${id}\``,
        `\`${cell(JSON.stringify(setting.default))}\``,
        cell(translate(setting.markdownDescription ?? setting.description)),
      ]),
  );
}

function toolTable(): string {
  return table(
    ['tool', 'arguments', 'what it does'],
    agentTools.map(({ name, input, description }) => [
      `\`${name}\``,
      Object.keys(input.shape)
        .map((argument) => `\`${argument}\``)
        .join(', '),
      cell(description),
    ]),
  );
}

/** The main rows of the results that `npm run bench:tokens` wrote. */
function tokenResults(results: string): string {
  const cells = (row: string): string[] => {
    const line = results.split('\n').find((candidate) => candidate.startsWith(`| ${row} |`));
    if (line === undefined) {
      throw new Error(`test/bench/RESULTS-tokens.md has no row “${row}”.`);
    }
    return line.split('|').map((text) => text.trim());
  };
  const ours = 2;
  const tiktoken = 3;
  const ratio = (row: string, column = ours): string => /[\d.,]+ ×/.exec(cells(row)[column]!)![0];
  const [open, memory] = [cells('open and count two words'), cells('resident memory it adds')];
  const hostile = results.split('\n').filter((line) => line.startsWith('| 1 MB: '));
  const times = hostile.map((line) => line.split('|')[ours]!.trim());
  const slowest = times.sort((one, other) => milliseconds(one) - milliseconds(other)).at(-1)!;
  const differences = /differs from tiktoken’s: (\d+)/.exec(results)![1]!;
  return table(
    ['against tiktoken in the same run', 'Context Cache'],
    [
      [
        'throughput from 100 KB, geometric mean over Markdown, code, Chinese, emoji and JSON',
        ratio('**geometric mean from 100 KB**'),
      ],
      [
        'opening, from the expanded table',
        `${(milliseconds(open[tiktoken]!) / milliseconds(open[ours]!)).toFixed(0)} × faster, in ${memory[ours]!} instead of ${memory[tiktoken]!}`,
      ],
      ['one edit in a document of 100 KB, and of 1 MB', `${ratio('100 KB', 5)} and ${ratio('1 MB', 5)}`],
      ['2,000 Markdown files, first start, and second start', `${ratio('first start')} and ${ratio('second start')}`],
      [
        '1 MB of one letter, of spaces, slashes, base64, emoji, marks',
        `at most ${slowest}; tiktoken: ${hostile.filter((line) => line.split('|')[tiktoken]!.includes('fails')).length} of ${hostile.length} fail or need more than 5 s`,
      ],
      ["rows in which a count differs from tiktoken's", differences],
    ],
  );
}

/** The tables of a page, as they are. */
function allTables(page: string): string {
  return page
    .split(/\n{2,}/)
    .filter((block) => block.startsWith('|'))
    .join('\n\n')
    .trim();
}

/** Of a time as the benchmarks print it. */
function milliseconds(text: string): number {
  const [, value, unit] = /^([\d.]+) (µs|ms|s)$/.exec(text)!;
  return Number(value) * { µs: 0.001, ms: 1, s: 1000 }[unit as 'µs' | 'ms' | 's'];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
