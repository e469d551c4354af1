import assert from 'node:assert/strict';
import fc from 'fast-check';
import { completeManifest } from '../../../src/core/prompts/editing/completeManifest';
import type { KnownNames } from '../../../src/core/prompts/editing/completeManifest';
import { fieldDocs, fieldNames } from '../../../src/core/prompts/editing/manifestFields';
import { placeAt } from '../../../src/core/prompts/editing/manifestPlace';
import { parseManifest } from '../../../src/core/prompts/manifest';
import { loadProviders } from '../../../src/core/prompts/providers';

const known: KnownNames = {
  instructions: [
    { tag: 'charts', description: 'Use when drawing.' },
    { tag: 'research', description: undefined },
  ],
  variables: [
    { name: 'desk', kind: 'static' },
    { name: 'now', kind: 'turn' },
  ],
  variants: ['full', 'streamlined', 'lean'],
  partIds: ['identity', 'task'],
  models: loadProviders().models,
  files: ['parts/identity.md'],
  toolFiles: ['tools.json'],
};

/** `│` is where the cursor is. */
function split(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.indexOf('│');
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

function labels(marked: string): string[] {
  const { text, offset } = split(marked);
  const place = placeAt(text, offset);
  return place === undefined ? [] : completeManifest(place, known).map(({ label }) => label);
}

/** The text after the completion of that label was taken. */
function taken(marked: string, label: string): string {
  const { text, offset } = split(marked);
  const place = placeAt(text, offset)!;
  const completion = completeManifest(place, known).find((one) => one.label === label);
  assert.ok(completion !== undefined, labels(marked).join());
  return text.slice(0, place.start) + completion.insertText + text.slice(place.end);
}

const kinds = ['text', 'file', 'instruction', 'tools', 'conversation'];

describe('writing a prompt manifest', () => {
  const cases: readonly (readonly [what: string, marked: string, wanted: readonly string[]])[] = [
    ['the kinds of a part', 'parts:\n  - │', [...kinds, 'id', 'only']],
    ['the kinds of a part, half written', 'parts:\n  - ins│', [...kinds, 'id', 'only']],
    ['the kinds of a part beside its id', 'parts:\n  - id: a\n    │', [...kinds, 'only']],
    ['a list item below parts', 'parts:\n  │', kinds],
    ['a list item at the indent of parts', 'name: a\nparts:\n- │', [...kinds, 'id', 'only']],
    [
      'what else an instruction has',
      'parts:\n  - instruction: a\n    │',
      ['inline', 'fetch', 'whenToUse', 'id', 'only'],
    ],
    ['what is not there yet', 'parts:\n  - file: a.md\n    id: b\n    │', ['only']],
    ['what stands below counts too', 'parts:\n  - │\n    file: a.md\n    id: b', ['only']],
    ['nothing of the part before', 'parts:\n  - file: a.md\n    id: b\n  - file: c.md\n    │', ['id', 'only']],
    ['tags', 'parts:\n  - instruction: │', ['charts', 'research']],
    ['tags in braces', 'parts:\n  - { instruction: ch│ }', ['charts', 'research']],
    ['files', 'parts:\n  - file: parts/│', ['parts/identity.md']],
    ['tools', 'parts:\n  - tools: │', ['tools.json']],
    ['how an instruction stands', 'parts:\n  - instruction: a\n    inline: │', ['always', 'auto', 'never']],
    ['how it is fetched', 'parts:\n  - instruction: a\n    fetch: │', ['tool', 'path']],
    ['variants', 'parts:\n  - text: a\n    only: [full, │]', ['full', 'streamlined', 'lean']],
    ['variants in a list', 'parts:\n  - text: a\n    only:\n      - │', ['full', 'streamlined', 'lean']],
    ['the conversation', 'parts:\n  - conversation: │', ['true']],
    ['kinds of variables', 'variables:\n  now:\n    kind: │', ['static', 'session', 'turn']],
    ['kinds of variables in braces', 'variables:\n  now: { kind: │ }', ['static', 'session', 'turn']],
    ['fields of a variable', 'variables:\n  now: { kind: turn, │ }', ['default', 'description']],
    ['no name of a variable', 'variables:\n  │', []],
    ['variables in a text', 'parts:\n  - text: It is {{│', ['desk', 'now']],
    ['variables in a block of text', 'parts:\n  - text: |\n      It is {{ n│', ['desk', 'now']],
    ['no fields in a block of text', 'parts:\n  - text: |\n      One\n      │', []],
    ['no fields in a comment', '# │', []],
    ['profiles', 'profiles:\n  lean:\n    │', ['inline', 'omit']],
    ['tags of a profile', 'profiles:\n  lean:\n    inline: [│]', ['charts', 'research']],
    ['parts that a profile omits', 'profiles:\n  lean:\n    omit:\n      - │', ['identity', 'task']],
    ['lifetimes', 'cache:\n  static: │', ['5m', '1h']],
    ['budgets', 'budget:\n  full: 3\n  │', ['streamlined', 'lean']],
    ['select', 'select:\n  │', ['flag', 'percentage']],
    [
      'the root',
      'name: a\nparts:\n  - text: a\n│',
      ['description', 'models', 'budget', 'variables', 'profiles', 'fetchTool', 'select', 'cache'],
    ],
    ['no names for free text', 'description: │', []],
  ];
  for (const [what, marked, wanted] of cases) {
    it(`offers ${what}`, () => {
      assert.deepEqual([...labels(marked)].sort(), [...wanted].sort());
    });
  }

  it('offers models with their provider and price', () => {
    const { text, offset } = split('models: [│');
    const offered = completeManifest(placeAt(text, offset)!, known);
    assert.ok(offered.length > 5);
    assert.ok(offered.every(({ detail, documentation }) => detail !== '' && /^[\d.]+ a million/.test(documentation)));
  });

  it('says when to use an instruction', () => {
    const { text, offset } = split('parts:\n  - instruction: │');
    assert.equal(completeManifest(placeAt(text, offset)!, known)[0]?.documentation, 'Use when drawing.');
  });

  it('replaces what was begun, on both sides of the cursor', () => {
    assert.equal(taken('parts:\n  - ins│', 'instruction'), 'parts:\n  - instruction: ');
    assert.equal(taken('parts:\n  │', 'file'), 'parts:\n  - file: ');
    assert.equal(taken('parts:\n  - instruction: re│search\n', 'charts'), 'parts:\n  - instruction: charts\n');
    assert.equal(taken('parts:\n  - file: pa│rts/x.md', 'parts/identity.md'), 'parts:\n  - file: parts/identity.md');
    assert.equal(taken('models:\n  │', known.models[0]!.model), `models:\n  - ${known.models[0]!.model}`);
    assert.equal(taken('parts:\n  - text: a {{d│}} b', 'desk'), 'parts:\n  - text: a {{desk}} b');
  });

  it('knows every field that reading a manifest knows, and says what most are for', () => {
    const all =
      'name: a\ndescription: d\nmodels: [m]\nbudget: 1\nvariables: { v: { kind: static, default: x, description: y } }\nprofiles: { p: { inline: [t], omit: [i] } }\nfetchTool: f\nselect: { flag: F, percentage: 1 }\ncache: { static: 1h, session: 5m }\nparts:\n  - { instruction: t, inline: auto, fetch: tool, whenToUse: w, id: i, only: [full] }\n';
    const { manifest, findings } = parseManifest(all, '/w/a.prompt.yaml');
    assert.ok(manifest !== undefined);
    assert.deepEqual(findings, []);
    assert.deepEqual([...fieldNames([])].sort(), [
      'budget',
      'cache',
      'description',
      'fetchTool',
      'models',
      'name',
      'parts',
      'profiles',
      'select',
      'variables',
    ]);
    for (const path of [['parts'], ['variables', '*', 'kind'], ['parts', '*', 'inline'], ['select', 'percentage']]) {
      assert.ok(fieldDocs(path).length > 10, path.join('.'));
    }
  });

  it('has an answer at every place of every text', () => {
    const line = fc.constantFrom(
      'parts:',
      '  - text: |',
      '      a {{b}} c',
      '- file: x',
      '\tk: [',
      '{',
      '  - ',
      'a: {b: ',
      '#',
      '',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.nat(200), (lines, at) => {
        const text = lines.join('\n');
        const place = placeAt(text, Math.min(at, text.length));
        if (place !== undefined) {
          assert.ok(place.start <= place.end && place.end <= text.length);
          completeManifest(place, known);
        }
      }),
    );
  });
});
