import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { costOf, defaultWorkload } from '../../../src/core/prompts/economics';
import { lockOf, lockText, parseLock } from '../../../src/core/prompts/lock';
import type { PromptLock } from '../../../src/core/prompts/lock';
import { measurePrompt } from '../../../src/core/prompts/measure';
import type { MeasuredPrompt } from '../../../src/core/prompts/measure';
import { variantNames } from '../../../src/core/prompts/model';
import { loadProviders } from '../../../src/core/prompts/providers';
import { cumulativeTokens } from '../../../src/core/prompts/report/cumulativeTokens';
import { reportHtml, reportSvg } from '../../../src/core/prompts/report/draw/exports';
import { historyOf } from '../../../src/core/prompts/report/history';
import type { LockRevision } from '../../../src/core/prompts/report/history';
import type { PromptReport } from '../../../src/core/prompts/report/model';
import { promptReport } from '../../../src/core/prompts/report/promptReport';
import type { ResolvedPrompt } from '../../../src/core/prompts/resolve';
import { promptOf, ReferenceTokens } from './support';

const paragraph = 'Say what you know, say how you know it, and say what you could not find out. ';
const long = (heading: string, times: number): string => `## ${heading}\n\n${paragraph.repeat(times)}\n`;

const manifest = `name: agent
description: Answers <questions> & "more".
models: [claude-sonnet-5, gpt-5, no-such-model]
budget: { full: 5000, streamlined: 900 }
variables:
  user: { kind: session }
  today: { kind: turn }
parts:
  - text: You are Ada.
  - file: method.md
  - instruction: research
  - id: greeting
    text: Speak to {{user}}.
  - id: rules
    text: Never guess.
  - tools: tools.json
  - conversation: true
  - id: reminder
    text: Today is {{today}}.
`;
const tools = JSON.stringify([{ name: 'find', description: 'Finds.', input_schema: { type: 'object' } }]);
const files = { 'method.md': `Before.\n\n${long('Reading', 40)}\n${long('/Writing', 50)}`, 'tools.json': tools };
const library = { research: `---\ndescription: Use it for <b>research</b>.\n---\n# Research\n\n${long('Search', 30)}` };

describe('prompt report', () => {
  const counter = new ReferenceTokens();
  const providers = loadProviders();
  const tokensIn = (text: string): number => counter.ids(text).length;
  let prompt: ResolvedPrompt;
  let variants: [MeasuredPrompt, ...MeasuredPrompt[]];
  let report: PromptReport;

  const reportOf = async (revisions: readonly LockRevision[] = [], models?: readonly string[]): Promise<PromptReport> =>
    promptReport({
      prompt,
      variants,
      counter,
      providers,
      workload: defaultWorkload,
      revisions,
      ...(models === undefined ? {} : { models }),
    });

  before(async () => {
    prompt = await promptOf(manifest, files, library);
    const measured: MeasuredPrompt[] = [];
    for (const variant of variantNames(prompt.manifest)) {
      measured.push(await measurePrompt(compilePrompt(prompt, variant), counter, 'o200k_base'));
    }
    variants = [measured[0]!, ...measured.slice(1)];
    report = await reportOf();
  });

  after(() => {
    counter.dispose();
  });

  it('counts tokens before any places of any text as tiktoken counts the prefixes', async () => {
    const piece = fc.constantFrom(
      '\n',
      '\n\n',
      ' ',
      '/',
      '# A',
      'ab',
      "don't",
      '12345',
      '…',
      '😀',
      '.',
      '\t',
      '<x>',
      '-',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(120)), async (pieces, wanted) => {
        const text = pieces.join('');
        const places = [...new Set(wanted.map((place) => Math.min(place, text.length)))].sort((a, b) => a - b);
        // Half a character is nothing that a section or a part begins with.
        const whole = places.filter((place) => !/[\ud800-\udbff]$/.test(text.slice(0, place)));
        for (const encoding of ['o200k_base', 'cl100k_base'] as const) {
          const { before: counted, total } = await cumulativeTokens(text, whole, counter, encoding);
          assert.equal(total, counter.ids(text, encoding).length);
          // Between places that are cut off safely, a prefix is counted as it stands in the whole text.
          whole.forEach((place, index) => {
            assert.equal(
              counted[index],
              counter.ids(text.slice(0, place), encoding).length,
              JSON.stringify([text, place]),
            );
          });
        }
      }),
      { numRuns: 400 },
    );
  });

  it('divides a variant into parts and sections whose tokens sum up', () => {
    for (const [index, variant] of report.variants.entries()) {
      assert.equal(variant.tokens, tokensIn(variants[index]!.prompt.text));
      assert.equal(
        variant.parts.reduce((sum, { added }) => sum + added, 0),
        variant.tokens,
      );
      for (const { sections, added, id } of variant.parts) {
        if (sections.length > 0) {
          assert.equal(
            sections.reduce((sum, section) => sum + section.added, 0),
            added,
            id,
          );
        }
      }
    }
    const method = report.variants[0]!.parts.find(({ id }) => id === 'method')!;
    assert.deepEqual(
      method.sections.map(({ title }) => title),
      ['', 'Reading', '/Writing'],
    );
    const { text } = variants[0].prompt;
    const [reading, writing, research] = ['## Reading', '## /Writing', '# Research'].map((word) =>
      tokensIn(text.slice(0, text.indexOf(word))),
    );
    assert.equal(method.sections[1]!.added, writing! - reading!);
    assert.equal(method.sections[2]!.added, research! - writing!);
  });

  it('says where the shared prefix ends, and why', () => {
    const { prefix } = report.variants[0]!;
    const { text } = variants[0].prompt;
    const toolText = text.slice(text.indexOf('{"'), text.indexOf('\n\n{{conversation}}'));
    // A request sends the tools first.
    const sent = `${toolText}\n\n${text.slice(0, text.indexOf('{{user}}'))}`;
    assert.deepEqual(prefix.breakPoint, {
      id: 'greeting',
      tokens: tokensIn(sent),
      reason: '{{user}} changes with each session',
      lostTokens: tokensIn('Never guess.\n\n'),
    });
    assert.deepEqual(
      prefix.segments.map(({ id, stability, marker }) => [id, stability, marker]),
      [
        ['tools', 'static', true],
        ['text', 'static', false],
        ['method', 'static', false],
        ['research', 'static', true],
        ['greeting', 'session', false],
        ['rules', 'session', true],
        ['conversation', 'turn', false],
        ['reminder', 'turn', false],
      ],
    );
    assert.equal(prefix.segments.at(-1)!.end, prefix.tokens);
  });

  it('keeps in each cache what its rules keep', () => {
    const { text } = variants[0].prompt;
    const toolText = text.slice(text.indexOf('{"'), text.indexOf('\n\n{{conversation}}'));
    const behind = (end: string): string => `${toolText}\n\n${text.slice(0, text.indexOf(end))}`;
    const [claude, openAi] = report.variants[0]!.prefix.providers;
    // Markers stand at the end of blocks; the shared one ends before the greeting.
    assert.equal(claude!.model, 'claude-sonnet-5');
    assert.equal(claude!.sharedTokens, tokensIn(behind('Speak to')));
    assert.equal(claude!.sessionTokens, tokensIn(behind(toolText)));
    // The longest common prefix in whole steps: up to the open variable, and up to the messages.
    assert.equal(openAi!.model, 'gpt-5');
    const steps = (tokens: number): number => Math.floor(tokens / 128) * 128;
    assert.equal(openAi!.sharedTokens, steps(tokensIn(behind('{{user}}'))));
    assert.equal(openAi!.sessionTokens, steps(tokensIn(behind(toolText))));
  });

  it('gives back nothing of a prefix under the minimum', async () => {
    const small = await promptOf('name: small\nparts:\n  - text: Hello.\n  - conversation: true\n');
    const measured = await measurePrompt(compilePrompt(small, 'full'), counter, 'o200k_base');
    const result = await promptReport({
      prompt: small,
      variants: [measured],
      counter,
      providers,
      workload: defaultWorkload,
      revisions: [],
    });
    const { prefix } = result.variants[0]!;
    assert.equal(prefix.providers.length, providers.providers.length);
    const tooShort = prefix.providers.filter(({ minimumTokens }) => minimumTokens > 2 * prefix.tokens);
    assert.ok(tooShort.length >= 5);
    assert.ok(tooShort.every(({ sharedTokens, sessionTokens }) => sharedTokens === 0 && sessionTokens === 0));
    assert.match(reportSvg(result, result.variants[0]!), /not cached: under 1,024 tokens/);
    assert.equal(prefix.breakPoint?.reason, 'the messages begin');
    assert.equal(result.costs.length, 0);
    assert.match(result.notes.join(' '), /names no model/);
  });

  it('reckons the cost from the sizes of its own parts', () => {
    assert.deepEqual(
      report.costs.map(({ model }) => model),
      ['claude-sonnet-5', 'gpt-5'],
    );
    const fetchTokens = tokensIn(library.research);
    const shapes = variants.map(({ prompt: compiled, pieces }) => {
      const sum = (stability: string): number =>
        pieces
          .filter(({ piece }) => piece.prefixStability === stability && piece.kind !== 'conversation')
          .reduce((total, { added }) => total + added, 0);
      return {
        variant: compiled.variant,
        staticTokens: sum('static'),
        sessionTokens: sum('session'),
        turnTokens: sum('turn'),
        fetchTokens: compiled.variant === 'full' ? 0 : fetchTokens,
      };
    });
    const rules = providers.forModel('gpt-5')!;
    assert.deepEqual(report.costs[1], costOf(shapes, rules, defaultWorkload, providers.asOf));
    assert.ok(report.notes.includes('No rules are known for no-such-model.'));
    assert.equal(report.pricesAsOf, providers.asOf);
  });

  const lockWith = (full: number, encoding: PromptLock['encoding'] = 'o200k_base'): PromptLock => ({
    ...lockOf(variants),
    encoding,
    variants: { full: { sha256: 'x', tokens: full, parts: [] } },
  });
  const revision = (at: string | null, label: string, lock: PromptLock): LockRevision => ({
    origin: at === null ? 'lock' : 'commit',
    label,
    at,
    lock,
  });

  it('puts revisions in the order of time, the lock file and today last', async () => {
    const revisions = [
      revision(null, 'lock', lockWith(40)),
      revision('2030-03-01T00:00:00.000Z', 'third', lockWith(30)),
      revision('2030-01-01T00:00:00.000Z', 'z', lockWith(10, 'cl100k_base')),
      revision('2030-01-01T00:00:00.000Z', 'b', lockWith(20)),
    ];
    const history = historyOf(revisions, lockOf(variants));
    assert.deepEqual(
      history.map(({ label, tokens }) => [label, tokens['full']]),
      [
        ['z', 10],
        ['b', 20],
        ['third', 30],
        ['lock', 40],
        ['now', variants[0].tokens],
      ],
    );
    const result = await reportOf(revisions);
    assert.match(result.notes.join(' '), /1 earlier size was counted in another encoding/);
    const page = reportHtml(result);
    assert.match(page, /class="line" d="M/);
    // What was counted in another encoding is in the table and not in the chart.
    assert.equal(page.match(/<circle/g)?.length, 4 + 1);
    assert.match(page, /<td>commit: z<\/td>/);
  });

  it('reads the lock files that it writes, and nothing else', () => {
    const lock = lockOf(variants);
    assert.deepEqual(parseLock(lockText(lock)), lock);
    for (const broken of [
      '',
      '[]',
      '{}',
      'null',
      lockText({ ...lock, lockVersion: 2 as 1 }),
      lockText({ ...lock, encoding: 'p50k_base' as 'o200k_base' }),
      lockText({ ...lock, variants: { full: { sha256: '', tokens: -1, parts: [] } } }),
      lockText({ ...lock, variants: { full: { sha256: '', tokens: 1, parts: [{ id: 'a' } as never] } } }),
    ]) {
      assert.equal(parseLock(broken), undefined, broken.slice(0, 80));
    }
  });

  it('exports a page that loads nothing, runs nothing and has a table for each chart', () => {
    const page = reportHtml(report);
    assert.equal(page, reportHtml(structuredClone(report)), 'the same report gives the same bytes');
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|\son\w+=|url\(|@import|javascript:/i);
    assert.match(page, /Content-Security-Policy/);
    assert.match(page, /Answers &lt;questions&gt; &amp; &quot;more&quot;\./);
    assert.doesNotMatch(page, /<questions>|<b>/);
    const charts = [...page.matchAll(/<svg [^>]*class="chart (\w+)"[^>]*>/g)];
    assert.deepEqual(
      charts.map(([, kind]) => kind),
      ['icicle', 'prefix', 'icicle', 'prefix', 'cost', 'cost'],
    );
    assert.ok(charts.every(([tag]) => tag.includes('role="img"') && / aria-label="[^"]{20,}"/.test(tag)));
    assert.equal(page.match(/<caption>/g)?.length, 3 * 2 + 1 + 2 + 1);
    for (const { id, tokens } of report.variants[0]!.parts) {
      const shown = String(tokens).replace(/\B(?=(\d{3})+$)/g, ',');
      assert.match(page, new RegExp(`<th scope="row">${id}</th><td>[^<]*</td><td class="number">${shown}</td>`));
    }
  });

  it('exports a picture that stands alone, as tall as its charts', () => {
    const picture = reportSvg(report, report.variants[1]!);
    assert.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.doesNotMatch(picture, /<script|<image|href=|var\(--|url\(|@import|<questions>/i);
    assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
    const open = [...picture.matchAll(/<(\w+)[^>]*>/g)].length;
    const close = [...picture.matchAll(/<\/(\w+)>/g)].length;
    assert.equal(open, close, 'every element is closed');
    const height = Number(/ height="([\d.]+)"/.exec(picture)?.[1]);
    const charts = [...picture.matchAll(/<svg class="chart[^>]* height="([\d.]+)"/g)].map(([, own]) => Number(own));
    assert.equal(charts.length, 4);
    assert.ok(height > charts.reduce((sum, own) => sum + own, 0));
  });

  it('draws prompts without anything in them', async () => {
    const empty = await promptOf('name: empty\nparts:\n  - { text: Only here., only: [full] }\n');
    const measured: MeasuredPrompt[] = [];
    for (const variant of ['full', 'streamlined']) {
      measured.push(await measurePrompt(compilePrompt(empty, variant), counter, 'o200k_base'));
    }
    const result = await promptReport({
      prompt: empty,
      variants: [measured[0]!, measured[1]!],
      counter,
      providers,
      workload: defaultWorkload,
      revisions: [],
    });
    assert.equal(result.variants[1]!.tokens, 0);
    assert.equal(result.variants[1]!.prefix.breakPoint, null);
    for (const variant of result.variants) {
      assert.doesNotMatch(reportSvg(result, variant), /NaN|Infinity/);
    }
    assert.doesNotMatch(reportHtml(result), /NaN/);
  });
});
