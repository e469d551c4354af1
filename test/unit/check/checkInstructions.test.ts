import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { linksOf } from '../../../src/core/check/deadLinks';
import { findingTitles } from '../../../src/core/check/model';
import { settleFindings } from '../../../src/core/check/order';
import type { Finding } from '../../../src/core/findings';
import { defaultConfig } from '../../../src/core/config';
import { checkFiles } from './support';

const shown = (findings: readonly Finding[]): string[] =>
  findings.map(({ id, severity, path, range }) =>
    [severity, id, path?.replace('/ws/', ''), range === undefined ? undefined : range.startLine + 1].join(' ').trim(),
  );
const paragraph = (name: string): string => `${name} `.repeat(40).trim();

describe('check', () => {
  it('finds nothing in what is in order', async () => {
    const report = await checkFiles({
      'AGENTS.md': 'See [the guide](docs/guide.md#part) and [the site](https://example.com).',
      'docs/guide.md': 'x',
      '.claude/skills/a/SKILL.md': '---\nname: a\ndescription: A.\n---\n[script](scripts/run.sh)',
      '.claude/skills/a/scripts/run.sh': '',
    });
    deepEqual(report.findings, []);
    deepEqual(
      report.accounts.map(({ harness }) => harness),
      ['claude-code', 'codex'],
    );
  });

  it('finds every kind of mistake at its place, sorted', async () => {
    const report = await checkFiles(
      {
        'CLAUDE.md': '@nope.md\n\n[x](gone.md)\n\n@a.md',
        'a.md': '@CLAUDE.md',
        'AGENTS.md': 'x'.repeat(33 * 1024),
        '.claude/rules/b.md': '---\npaths: [\n---\nx',
        'pkg/AGENTS.md': 'short',
      },
      { harnesses: ['claude-code', 'codex'] },
    );
    deepEqual(shown(report.findings), [
      'error budget',
      'error front-matter .claude/rules/b.md 2',
      'error budget AGENTS.md',
      'warning cap AGENTS.md',
      'warning missing-import CLAUDE.md 1',
      'warning dead-link CLAUDE.md 3',
      'warning cyclic-import a.md 1',
      'warning cap pkg/AGENTS.md',
    ]);
    for (const { id } of report.findings) {
      ok(id in findingTitles, id);
    }
  });

  it('checks the harnesses that the workspace has files for', async () => {
    const harnesses = async (...paths: string[]): Promise<string[]> =>
      (await checkFiles(Object.fromEntries(paths.map((path) => [path, 'x'])))).accounts.map(({ harness }) => harness);
    deepEqual(await harnesses('src/a.ts'), []);
    deepEqual(await harnesses('.cursorrules', 'instructions/a.md'), ['cursor', 'context-cache']);
    deepEqual(await harnesses('.agents/skills/a/SKILL.md', '.github/prompts/a.prompt.md'), ['copilot', 'codex']);
  });

  it('takes budgets and levels of the lint from the configuration', async () => {
    const files = { 'AGENTS.md': 'Today is 2025-11-12. '.repeat(3) };
    const dated = (await checkFiles(files)).findings;
    deepEqual(shown(dated), ['warning CB01 AGENTS.md 1']);
    deepEqual((await checkFiles(files, { config: { lint: { CB01: 'off' } } })).findings, []);
    deepEqual(shown((await checkFiles(files, { config: { lint: { CB01: 'error' } } })).findings), [
      'error CB01 AGENTS.md 1',
    ]);
    const budgets = { ...defaultConfig.budgets, files: [{ pattern: 'AGENTS.md', warn: 10, error: 20 }] };
    deepEqual(shown((await checkFiles(files, { config: { budgets, lint: { CB01: 'off' } } })).findings), [
      'error budget AGENTS.md',
    ]);
  });

  it('says what is wrong with a linked file once, where it is', async () => {
    const { findings } = await checkFiles({
      '.agents/skills/a/SKILL.md': '---\nname: b\ndescription: B.\n---\n[x](gone.md)',
      '.claude/skills': { linksTo: '.agents/skills' },
      'AGENTS.md': 'line\n'.repeat(300),
      'CLAUDE.md': { linksTo: 'AGENTS.md' },
    });
    deepEqual(shown(findings), [
      'information front-matter-field .agents/skills/a/SKILL.md 2',
      'warning dead-link .agents/skills/a/SKILL.md 5',
      'information long-file CLAUDE.md',
    ]);
  });

  describe('copies', () => {
    it('cost tokens where one harness loads both', async () => {
      const text = `${paragraph('alpha')}\n\n${paragraph('beta')}\n`;
      const { findings } = await checkFiles(
        { 'AGENTS.md': `${text}\nOwn words.`, 'CLAUDE.md': `# Title\n\n${text.replace(/ /g, '  ')}` },
        { harnesses: ['copilot-cli', 'claude-code'] },
      );
      deepEqual(shown(findings), ['warning duplicate CLAUDE.md']);
      match(
        findings[0]!.message,
        /^`CLAUDE\.md` repeats \d+ tokens of `AGENTS\.md`; both are in every request of GitHub Copilot CLI\.$/,
      );
      const tokens = Number(/repeats (\d+)/.exec(findings[0]!.message)![1]);
      equal(tokens, paragraph('alpha').length + paragraph('beta').length + 2);
    });

    it('are a word of information where none does', async () => {
      const text = paragraph('alpha');
      deepEqual(shown((await checkFiles({ '.cursorrules': text, 'CLAUDE.md': text })).findings), [
        'information duplicate CLAUDE.md',
      ]);
    });

    it('are none when one is a link, an import, or short', async () => {
      const text = paragraph('alpha');
      deepEqual((await checkFiles({ 'AGENTS.md': text, 'CLAUDE.md': { linksTo: 'AGENTS.md' } })).findings, []);
      deepEqual((await checkFiles({ 'AGENTS.md': text, 'CLAUDE.md': '@AGENTS.md' })).findings, []);
      deepEqual((await checkFiles({ 'AGENTS.md': 'Use tests.', 'CLAUDE.md': 'Use tests.' })).findings, []);
    });

    it('are named after the file that has most of them', async () => {
      const [a, b, c] = [paragraph('alpha'), paragraph('beta'), paragraph('gamma')];
      const { findings } = await checkFiles({
        '.cursorrules': a,
        '.roo/rules/r.md': `${b}\n\n${c}`,
        'AGENTS.md': `${a}\n\n${b}\n\n${c}`,
      });
      deepEqual(shown(findings), ['information duplicate AGENTS.md']);
      match(findings[0]!.message, /of `\.roo\/rules\/r\.md`/);
    });
  });

  describe('links', () => {
    const candidates = (text: string, folder = ''): (readonly string[])[] =>
      linksOf(text, folder).map((link) => link.candidates);

    it('are resolved from the file and from the root', () => {
      deepEqual(candidates('[a](b.md) ![i](../i.png "title") [r](/r.md) [c](mdc:src/x.ts)', 'docs/in'), [
        ['docs/in/b.md', 'b.md'],
        ['docs/i.png'],
        ['r.md'],
        ['src/x.ts'],
      ]);
      deepEqual(candidates('[a](<with space.md>) [b](with%20space.md) [c](100%.md)'), [
        ['with space.md', 'with space.md'],
        ['with space.md', 'with space.md'],
        ['100%.md', '100%.md'],
      ]);
    });

    it('are none to addresses, headings, templates, examples, outside, or in code', () => {
      const text = [
        '[a](https://x.y/z.md) [b](mailto:me@x.y) [c](#part) [d]({{url}}) [e](<{{path}}>) [f](path/to/file.md) [g](...)',
        '[h](~/notes.md) [i](../../outside.md) [j](//host/x) [k](vscode:x) `[l](code.md)`',
        '```\n[m](fence.md)\n```',
        '[n](docs/*.md) [o]($HOME/x)',
      ].join('\n');
      deepEqual(candidates(text), []);
    });

    it('take linear time in hostile texts', () => {
      for (const unit of ['](', '](a ', '](<', '](a(', '[](']) {
        ok(linksOf(unit.repeat(200_000 / unit.length), '').length >= 0);
      }
    });
  });

  it('keeps the worst of what is said twice', async () => {
    const finding = (severity: Finding['severity'], message: string, path?: string): Finding => ({
      id: 'x',
      severity,
      message,
      ...(path === undefined ? {} : { path }),
    });
    const settled = await settleFindings([
      finding('warning', 'has 1,000 tokens', '/b'),
      finding('error', 'has 2000 tokens', '/b'),
      finding('warning', 'other', '/a'),
      finding('warning', 'all'),
    ]);
    deepEqual(
      settled.map(({ severity, message }) => [severity, message]),
      [
        ['warning', 'all'],
        ['warning', 'other'],
        ['error', 'has 2000 tokens'],
      ],
    );
  });
});
