import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compilePrompt } from '../../../src/core/prompts/compile';
import { measurePrompt } from '../../../src/core/prompts/measure';
import { blockLabel, partRows } from '../../../src/core/prompts/partRows';
import type { PartRow } from '../../../src/core/prompts/partRows';
import { promptOf, ReferenceTokens } from './support';

const tools = { 't.json': '[{"name":"a","input_schema":{"type":"object"}}]' };
const library = { notes: '---\ndescription: Use when noting.\n---\nNotes.' };

describe('rows of parts', () => {
  const tokens = new ReferenceTokens();
  after(() => {
    tokens.dispose();
  });

  async function rowsOf(parts: readonly string[], variant = 'full'): Promise<PartRow[]> {
    const manifest = [
      'name: a',
      'variables: { who: { kind: session }, now: { kind: turn } }',
      'parts:',
      ...parts.map((part) => `  - ${part}`),
    ].join('\n');
    const compiled = compilePrompt(await promptOf(manifest, tools, library), variant);
    return partRows(await measurePrompt(compiled, tokens, 'o200k_base'));
  }
  const drawn = (rows: readonly PartRow[]): string[] =>
    rows.map((row) => [row.piece.id, blockLabel(row), row.prefixBreak?.kind ?? ''].join(' · '));

  const cases: readonly (readonly [what: string, parts: readonly string[], rows: readonly string[]])[] = [
    [
      'one block of what is static',
      ['text: One.', 'text: Two.'],
      ['text · block 1, static · ', 'text-2 · block 1, static · '],
    ],
    [
      'the part that ends the static prefix',
      ['text: One.', 'text: For {{who}}.', 'conversation: true'],
      ['text · block 1, static · ', 'text-2 · block 2, session · ends', 'conversation · not cached · '],
    ],
    [
      'the part that keeps static text out, and what it keeps out',
      ['text: For {{who}}.', 'text: One.'],
      ['text · block 1, session · breaks', 'text-2 · block 1, session · '],
    ],
    [
      'what changes with each turn, in no block',
      ['text: One.', 'text: It is {{now}}.', 'text: Two.'],
      ['text · block 1, static · ', 'text-2 · not cached · breaks', 'text-3 · not cached · '],
    ],
    [
      'tools in a block of their own, in front',
      ['text: One.', 'tools: t.json', 'text: For {{who}}.'],
      ['text · block 2, static · ', 'tools · block 1, static · ', 'text-2 · block 3, session · ends'],
    ],
    [
      'nothing behind the conversation',
      ['text: One.', 'conversation: true', 'text: Two.'],
      ['text · block 1, static · ', 'conversation · not cached · ', 'text-2 · not cached · '],
    ],
  ];
  for (const [what, parts, wanted] of cases) {
    it(`tell ${what}`, async () => {
      assert.deepEqual(drawn(await rowsOf(parts)), wanted);
    });
  }

  it('count what is lost behind a part that breaks the prefix', async () => {
    const rows = await rowsOf(['text: For {{who}}.', 'text: One of many.', 'text: It is {{now}}.', 'text: Two.']);
    const lost = rows.filter(({ piece }) => piece.stability === 'static').reduce((sum, { added }) => sum + added, 0);
    assert.ok(lost > 0);
    assert.deepEqual(rows[0]?.prefixBreak, { kind: 'breaks', lostTokens: lost });
  });

  it('hold the index of what is on demand in the streamlined variant', async () => {
    const rows = await rowsOf(['text: One.', 'instruction: notes'], 'streamlined');
    const index = rows.find(({ piece }) => piece.kind === 'index');
    assert.deepEqual(index?.piece.onDemand, ['notes']);
    assert.equal(index.block, 1);
  });

  it('begin one behind the other and add up, whatever the parts', async () => {
    const part = fc.constantFrom('text: One.', 'text: For {{who}}.', 'text: It is {{now}}.', 'instruction: notes');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), fc.boolean(), async (parts, streamlined) => {
        const rows = await rowsOf(
          parts.map((text, index) => `{ id: p${index}, ${text.replace(/: (.*)$/, ': "$1"')} }`),
          streamlined ? 'streamlined' : 'full',
        );
        let offset = 0;
        for (const row of rows) {
          assert.equal(row.offset, offset);
          offset += row.added;
        }
        const blocks = rows.flatMap(({ block }) => block ?? []);
        assert.deepEqual(
          blocks,
          [...blocks].sort((left, right) => left - right),
        );
        assert.ok(rows.filter(({ prefixBreak }) => prefixBreak !== undefined).length <= 1);
      }),
      { numRuns: 60 },
    );
  });
});
