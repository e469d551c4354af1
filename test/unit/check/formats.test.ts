import { deepEqual, equal, match, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { compareReports } from '../../../src/core/check/compareReports';
import { changeSentences, formatChange, formatTokens } from '../../../src/core/check/formats/changes';
import { formatGithub } from '../../../src/core/check/formats/github';
import { formatJunit } from '../../../src/core/check/formats/junit';
import { formatComparisonMarkdown } from '../../../src/core/check/formats/markdown';
import { formatSarif } from '../../../src/core/check/formats/sarif';
import type { Finding } from '../../../src/core/findings';
import { checkFiles } from './support';

const show = (path: string): string => path.replace('/ws/', '');

const findings: readonly Finding[] = [
  { id: 'budget', severity: 'error', message: 'Too many: 100%.', fix: 'Shorten, please.' },
  {
    id: 'dead-link',
    severity: 'warning',
    message: 'Gone <b>&"\'\nline',
    path: '/ws/a b,c:d.md',
    range: { startLine: 2, startCharacter: 4, endLine: 2, endCharacter: 9 },
  },
  {
    id: 'CB01',
    severity: 'information',
    message: 'A date.',
    path: '/elsewhere/x.md',
    range: { startLine: 0, startCharacter: 0, endLine: 3, endCharacter: 1 },
  },
];

describe('formats of a check', () => {
  it('GitHub: workflow commands that nothing in a message can break', () => {
    equal(
      formatGithub(findings, show),
      [
        '::error title=context-cache budget::Too many: 100%25. Shorten, please.\n',
        '::warning file=a b%2Cc%3Ad.md,line=3,endLine=3,col=5,endColumn=10,title=context-cache dead-link::Gone <b>&"\'%0Aline\n',
        '::notice file=/elsewhere/x.md,line=1,endLine=4,title=context-cache CB01::A date.\n',
      ].join(''),
    );
  });

  it('SARIF: rules, levels, places', () => {
    interface Sarif {
      readonly version: string;
      readonly runs: readonly {
        readonly tool: {
          readonly driver: {
            readonly version: string;
            readonly rules: readonly { readonly id: string; readonly shortDescription: { readonly text: string } }[];
          };
        };
        readonly results: readonly {
          readonly ruleId: string;
          readonly ruleIndex: number;
          readonly level: string;
          readonly locations?: unknown;
        }[];
      }[];
    }
    const log = JSON.parse(formatSarif(findings, show, '1.2.3')) as Sarif;
    const [run] = log.runs;
    deepEqual([log.version, run!.tool.driver.version], ['2.1.0', '1.2.3']);
    deepEqual(
      run!.tool.driver.rules.map(({ id, shortDescription }) => [id, shortDescription.text]),
      [
        ['CB01', 'a date or time in the prefix'],
        ['budget', 'More tokens than the budget'],
        ['dead-link', 'A link to a file that is not there'],
      ],
    );
    deepEqual(
      run!.results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level]),
      [
        ['budget', 1, 'error'],
        ['dead-link', 2, 'warning'],
        ['CB01', 0, 'note'],
      ],
    );
    equal(run!.results[0]!.locations, undefined);
    deepEqual(run!.results[1]!.locations, [
      {
        physicalLocation: {
          artifactLocation: { uri: 'a%20b%2Cc%3Ad.md', uriBaseId: '%SRCROOT%' },
          region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 10 },
        },
      },
    ]);
    match(JSON.stringify(run!.results[2]!.locations), /"uri":"file:\/\/\/elsewhere\/x\.md"/);
  });

  it('JUnit: a case for each file, escaped', () => {
    const xml = formatJunit(findings, ['/ws/fine.md'], show);
    match(xml, /<testsuites name="context-cache" tests="4" failures="2">/);
    match(xml, /<testcase classname="instructions" name="fine\.md"\/>/);
    match(xml, /<testcase classname="instructions" name="workspace">\n {6}<failure type="budget"/);
    match(xml, /line 3: Gone &#60;b&#62;&#38;&#34;'\nline</);
    match(xml, /<system-out>line 1: A date\.\n<\/system-out>/);
  });

  it('JUnit: is XML whatever a message holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (message) => {
        const xml = formatJunit([{ id: 'x', severity: 'error', message, path: message }], [], show);
        // eslint-disable-next-line no-control-regex -- these are what XML has no place for
        ok(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml));
        const texts = xml.replace(/<[^<>]*>/g, '');
        ok(!/[<>]/.test(texts) && !/&(?!#\d+;)/.test(texts), xml);
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });

  it('numbers read the same everywhere', () => {
    deepEqual([0, 7, 1240, 1234567].map(formatTokens), ['0', '7', '1,240', '1,234,567']);
    deepEqual([1240, -7, 0].map(formatChange), ['+1,240', '−7', '±0']);
  });
});

describe('comparing two checks', () => {
  const compare = async (
    before: Readonly<Record<string, string>>,
    after: Readonly<Record<string, string>>,
  ): Promise<ReturnType<typeof compareReports>> => {
    const harnesses = ['copilot', 'codex'] as const;
    return compareReports(await checkFiles(before, { harnesses }), await checkFiles(after, { harnesses }));
  };

  it('tells what a change adds to each request', async () => {
    const comparison = await compare({ 'AGENTS.md': 'x'.repeat(100) }, { 'AGENTS.md': 'x'.repeat(1340) });
    deepEqual(changeSentences(comparison), ['+1,240 always-on tokens in AGENTS.md (GitHub Copilot in VS Code, Codex)']);
    deepEqual(comparison.harnesses[1], {
      harness: 'codex',
      before: { always: 100, glob: 0, onDemand: 0, manual: 0 },
      after: { always: 1340, glob: 0, onDemand: 0, manual: 0 },
      files: [
        {
          path: 'AGENTS.md',
          before: { mode: 'always', tokens: 100, always: 100 },
          after: { mode: 'always', tokens: 1340, always: 1340 },
        },
      ],
    });
  });

  it('tells files that came, went or changed their mode', async () => {
    const rule = (applyTo: string): string => `---\napplyTo: "${applyTo}"\n---\nRule text`;
    const path = '.github/instructions/a.instructions.md';
    const markdown = formatComparisonMarkdown(
      await compare({ [path]: rule('**'), 'AGENTS.md': 'gone' }, { [path]: rule('*.ts'), 'pkg/AGENTS.md': 'new' }),
      'main',
      show,
    );
    match(markdown, /^### Context cost against `main`\n/);
    match(markdown, /\| `\.github\/instructions\/a\.instructions\.md` \| always → glob \| 9 \| 9 \| ±0 \|/);
    match(markdown, /\| `AGENTS\.md` \| always \(gone\) \| 4 \| – \| −4 \|/);
    match(markdown, /\| `pkg\/AGENTS\.md` \| onDemand \| – \| 3 \| \+3 \|/);
    match(markdown, /\| \*\*In every request\*\* \| always \| 4 \| 0 \| \*\*−4\*\* \|/);
  });

  it('reports findings that are new or worse, not those that moved', async () => {
    const before = { 'AGENTS.md': '[a](a.md)\n', 'pkg/AGENTS.md': 'x'.repeat(7_000) };
    const after = { 'AGENTS.md': 'New first line.\n[a](a.md)\n[b](b.md)\n', 'pkg/AGENTS.md': 'x'.repeat(12_500) };
    deepEqual(
      (await compare(before, after)).newFindings.map(({ id, severity, path }) => [id, severity, path]),
      [
        ['dead-link', 'warning', '/ws/AGENTS.md'],
        ['budget', 'error', '/ws/pkg/AGENTS.md'],
      ],
    );
    deepEqual((await compare(after, after)).newFindings, []);
    deepEqual((await compare(after, before)).newFindings, []);
  });

  it('says so when nothing differs', async () => {
    const same = { 'AGENTS.md': 'x' };
    equal(
      formatComparisonMarkdown(await compare(same, same), 'HEAD~1', show),
      '### Context cost against `HEAD~1`\n\nNo instruction costs more or less than before.\n',
    );
  });

  it('writes Markdown in which nothing from files is markup', () => {
    const finding: Finding = { id: 'x', severity: 'error', message: '@team <img> [l](u) #1 `x`', path: '/ws/a`|b.md' };
    const markdown = formatComparisonMarkdown({ harnesses: [], newFindings: [finding] }, 'a`b', show);
    match(markdown, /against `` a`b ``\n/);
    match(markdown, /`` a`\\\|b\.md `` &#64;team &#60;img&#62; &#91;l&#93;\(u\) &#35;1 &#96;x&#96; \(x\)/);
  });
});
