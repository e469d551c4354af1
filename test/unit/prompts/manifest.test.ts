import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { parseManifest } from '../../../src/core/prompts/manifest';
import { manifestOf } from './support';

const root = path.join(__dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const schema = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(read('media/schemas/prompt.schema.json')) as object,
);
const sample = read('test/fixtures/sample-workspace/prompts/market-reporter.prompt.yaml');

const smallest = 'name: agent\nparts:\n  - text: You are careful.\n  - file: identity.md\n  - instruction: research\n';

const everything = `name: full-house
description: All that a manifest can say.
models: [claude-sonnet-5, gpt-5.6]
budget: { full: 9000, streamlined: 900, lean: 2000 }
variables:
  desk: { kind: static, default: Equities, description: Who asks }
  sector: { kind: session }
  now: { kind: turn }
profiles:
  lean: { inline: [research], omit: [tools] }
fetchTool: read_instruction
select: { flag: LEAN_PROMPT, percentage: 12.5 }
cache: { static: 1h, session: 5m }
parts:
  - id: opening
    text: You are {{desk}}.
    only: [full, lean]
  - file: ./parts/../identity.md
  - instruction: research
    inline: auto
    fetch: path
    whenToUse: Use when facts are needed.
  - tools: tools.json
  - conversation: true
`;

describe('prompt manifests', () => {
  it('reads the smallest one', () => {
    const manifest = manifestOf(smallest);
    assert.equal(manifest.name, 'agent');
    assert.deepEqual(
      manifest.parts.map(({ id, kind }) => `${kind} ${id}`),
      ['text text', 'file identity', 'instruction research'],
    );
    assert.equal(manifest.fetchTool, 'get_instruction');
  });

  it('reads everything that one can say', () => {
    const manifest = manifestOf(everything);
    assert.deepEqual(
      [...manifest.budgets],
      [
        ['full', 9000],
        ['streamlined', 900],
        ['lean', 2000],
      ],
    );
    assert.deepEqual(
      [...manifest.variables.values()].map(({ name, kind }) => `${name} ${kind}`),
      ['desk static', 'sector session', 'now turn'],
    );
    assert.deepEqual(manifest.profiles, [{ name: 'lean', inline: ['research'], omit: ['tools'] }]);
    assert.deepEqual(manifest.select, { flag: 'LEAN_PROMPT', percentage: 12.5 });
    assert.deepEqual(manifest.cache, { static: '1h', session: '5m' });
    const [opening, file, instruction] = manifest.parts;
    assert.deepEqual(opening!.only, ['full', 'lean']);
    assert.equal(file?.kind === 'file' && file.file, 'identity.md');
    assert.equal(instruction?.kind === 'instruction' && instruction.fetch, 'path');
  });

  it('gives one number to every variant as its budget', () => {
    const { budgets } = manifestOf('name: a\nbudget: 500\nprofiles: { p: {} }\nparts: [{ text: x }]\n');
    assert.deepEqual(
      [...budgets],
      [
        ['full', 500],
        ['streamlined', 500],
        ['p', 500],
      ],
    );
  });

  it('makes ids that are unique', () => {
    const { parts } = manifestOf(
      'name: a\nparts: [{ text: x }, { text: y }, { file: b/intro.md }, { file: c/intro.md }]\n',
    );
    assert.deepEqual(
      parts.map(({ id }) => id),
      ['text', 'text-2', 'intro', 'intro-2'],
    );
  });

  const broken: readonly (readonly [title: string, text: string, line: number, message: RegExp])[] = [
    ['no name', 'parts: [{ text: x }]', 0, /no name/],
    ['a name that is no file name', 'name: a/b\nparts: [{ text: x }]', 0, /can't be a name/],
    ['no parts', 'name: a', 0, /no parts/],
    ['an empty list of parts', 'name: a\nparts: []', 1, /no parts/],
    ['parts that are no list', 'name: a\nparts: x', 1, /must be a list/],
    ['a part of no kind', 'name: a\nparts:\n  - id: x', 2, /says not what it is/],
    ['a part of two kinds', 'name: a\nparts:\n  - text: x\n    file: y', 2, /text and file at once/],
    ['an empty text', 'name: a\nparts:\n  - text:', 2, /is empty/],
    ['a part that is a text', 'name: a\nparts:\n  - hello', 2, /not a mapping/],
    ['an absolute path', 'name: a\nparts:\n  - file: /etc/passwd', 2, /not a relative path/],
    ['a path of Windows', 'name: a\nparts:\n  - file: C:\\x.md', 2, /not a relative path/],
    ['a URL', 'name: a\nparts:\n  - file: https://x.example/y', 2, /not a relative path/],
    ['a home folder', 'name: a\nparts:\n  - file: ~/x.md', 2, /not a relative path/],
    ['an id twice', 'name: a\nparts:\n  - { id: x, text: a }\n  - { id: x, text: b }', 3, /two parts have the id/i],
    ['two conversations', 'name: a\nparts:\n  - conversation: true\n  - conversation: true', 3, /two places/],
    ['an unknown variant', 'name: a\nparts:\n  - text: x\n    only: slim', 2, /no variant/],
    ['an unknown inline rule', 'name: a\nparts:\n  - instruction: x\n    inline: sometimes', 3, /must be one of/],
    ['a profile called full', 'name: a\nprofiles:\n  full: {}\nparts: [{ text: x }]', 2, /can't be called/],
    [
      'a profile with an unknown tag',
      'name: a\nprofiles:\n  p:\n    inline: [y]\nparts: [{ text: x }]',
      3,
      /No part is the instruction/,
    ],
    ['a budget that is no number', 'name: a\nbudget: lots\nparts: [{ text: x }]', 1, /must be a number/],
    ['a percentage over 100', 'name: a\nselect:\n  percentage: 101\nparts: [{ text: x }]', 2, /0 to 100/],
    ['a lifetime that grows', 'name: a\ncache:\n  session: 1h\nparts: [{ text: x }]', 2, /may not follow a shorter/],
    [
      'a variable that can not be named',
      'name: a\nvariables:\n  1x: {}\nparts: [{ text: x }]',
      2,
      /can't be a variable/,
    ],
    ['YAML that is none', 'name: [a\nparts: x', 1, /not valid YAML/],
    ['a list', '- name: a', 0, /key: value/],
    ['nothing', '', 0, /key: value/],
  ];
  for (const [title, text, line, message] of broken) {
    it(`refuses ${title}, at its line`, () => {
      const { manifest, findings } = parseManifest(text, '/w/a.prompt.yaml');
      assert.equal(manifest, undefined);
      const errors = findings.filter(({ severity }) => severity === 'error');
      assert.match(errors[0]!.message, message);
      assert.equal(errors[0]!.range?.startLine, line);
      assert.equal(errors[0]!.path, '/w/a.prompt.yaml');
      assert.notEqual(errors[0]!.fix, '');
    });
  }

  it('warns of fields that it does not know, and goes on', () => {
    const { manifest, findings } = parseManifest('name: a\nbugdet: 5\nparts:\n  - text: x\n    cache: yes\n', '/w/a');
    assert.notEqual(manifest, undefined);
    assert.deepEqual(
      findings.map(({ severity, range }) => [severity, range?.startLine]),
      [
        ['warning', 4],
        ['warning', 1],
      ],
    );
  });

  it('survives aliases, deep nesting and a large file', () => {
    const bomb = `a: &a [x]\nb: &b [*a, *a]\nname: n\nparts:\n  - *b\n`;
    assert.equal(parseManifest(bomb, '/w/a').manifest, undefined);
    assert.equal(parseManifest('['.repeat(20_000), '/w/a').manifest, undefined);
    const large = parseManifest(`name: a\nparts:\n  - text: ${'x'.repeat(1_100_000)}`, '/w/a');
    assert.match(large.findings[0]!.message, /characters/);
  });

  describe('the JSON schema', () => {
    for (const [title, text] of [
      ['smallest', smallest],
      ['fullest', everything],
      ['sample', sample],
    ] as const) {
      it(`accepts the ${title} manifest`, () => {
        assert.ok(schema(parse(text)), JSON.stringify(schema.errors));
        assert.deepEqual(parseManifest(text, '/w/a').findings, []);
      });
    }

    // What only reading the parts together shows is beyond a schema.
    const beyond = /twice|two conversations|unknown variant|unknown tag|grows|none$/;
    for (const [title, text] of broken.filter(([name]) => !beyond.test(name))) {
      it(`refuses ${title}`, () => {
        assert.equal(schema(parse(text)), false);
      });
    }
  });
});
