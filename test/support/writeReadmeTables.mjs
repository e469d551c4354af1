// Writes the tables of commands, settings and agents' tools in media/docs: `node test/support/writeReadmeTables.mjs`.
import { readFile, writeFile } from 'node:fs/promises';
import { tsImport } from 'tsx/esm/api';

const root = new URL('../../', import.meta.url);
const read = (name) => readFile(new URL(name, root), 'utf8');
const { contributes } = JSON.parse(await read('package.json'));
const texts = JSON.parse(await read('package.nls.json'));

const translate = (text = '') => (/^%.+%$/.test(text) ? texts[text.slice(1, -1)] : text);
const cell = (text) => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const hidden = new Set(
  (contributes.menus?.commandPalette ?? []).filter(({ when }) => when === 'false').map(({ command }) => command),
);
const commands = table(
  ['command', 'id'],
  contributes.commands.map(({ command, title }) => [
    `${cell(translate(title))}${hidden.has(command) ? ' (in menus only)' : ''}`,
    `\`${command}\``,
  ]),
);

const properties = [contributes.configuration ?? []].flat().flatMap((group) => Object.entries(group.properties));
const settings = table(
  ['setting', 'default', 'what it does'],
  properties.map(([id, setting]) => [
    `\`${id}\``,
    `\`${cell(JSON.stringify(setting.default))}\``,
    cell(translate(setting.markdownDescription ?? setting.description)),
  ]),
);

const { agentTools } = await tsImport('../../src/agent/tools/table.ts', import.meta.url);
const tools = table(
  ['tool', 'arguments', 'what it does'],
  agentTools.map(({ name, input, description }) => [
    `\`${name}\``,
    Object.keys(input.shape)
      .map((argument) => `\`${argument}\``)
      .join(', '),
    cell(description),
  ]),
);

const pages = { commands: 'commands.md', settings: 'commands.md', 'agent tools': 'agents.md' };
for (const [name, body] of Object.entries({ commands, settings, 'agent tools': tools })) {
  const page = `media/docs/${pages[name]}`;
  const text = await read(page);
  const section = new RegExp(`(<!-- ${name}:[^>]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!section.test(text)) {
    throw new Error(`${page} has no place for the table of ${name}.`);
  }
  await writeFile(
    new URL(page, root),
    text.replace(section, (_, start, end) => `${start}\n${body}\n\n${end}`),
  );
}
