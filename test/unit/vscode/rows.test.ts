import assert from 'node:assert/strict';
import type { TokenCount } from '../../../src/core/tokens/counter';
import { fileNameOf, filterRows, folderOf, groupRows } from '../../../src/vscode/instructions/rows';
import type { InstructionRow, RowOptions } from '../../../src/vscode/instructions/rows';

const exactly = (tokens: number): TokenCount => ({ tokens, method: 'exact', encoding: 'o200k_base' });

function row(shownPath: string, tokens: number, rest: Partial<InstructionRow> = {}): InstructionRow {
  return {
    id: `root\n${shownPath}`,
    location: `/w/${shownPath}`,
    shownPath,
    rootKind: 'workspace',
    name: fileNameOf(shownPath),
    format: 'agents-md',
    mode: 'always',
    cost: exactly(tokens),
    raw: exactly(tokens),
    catalogue: exactly(0),
    droppedBytes: 0,
    description: undefined,
    globs: [],
    why: 'Loaded in every request.',
    problems: [],
    ...rest,
  };
}

/** The groups as drawn text. */
function draw(rows: readonly InstructionRow[], options: Partial<RowOptions>): string {
  return groupRows(rows, { grouping: 'mode', ordering: 'size', filter: '', ...options })
    .map((group) =>
      [
        `${group.label} ${group.total.method === 'estimate' ? '~' : ''}${group.total.tokens}`,
        ...group.rows.map(({ shownPath, cost }) => `  ${shownPath} ${cost.tokens}`),
      ].join('\n'),
    )
    .join('\n');
}

const rows: readonly InstructionRow[] = [
  row('docs/AGENTS.md', 20),
  row('.claude/skills/charts/SKILL.md', 90, {
    mode: 'onDemand',
    format: 'skill',
    name: 'charts',
    description: 'Draw diagrams',
  }),
  row('AGENTS.md', 10),
  row('docs/style.instructions.md', 30, { mode: 'glob', format: 'instructions-md' }),
  row('a.prompt.md', 5, { mode: 'manual', format: 'prompt-md' }),
];

describe('rows of instructions', () => {
  it('groups by load mode in the order of what they cost', () => {
    assert.equal(
      draw(rows, {}),
      [
        'Always 30',
        '  docs/AGENTS.md 20',
        '  AGENTS.md 10',
        'Glob 30',
        '  docs/style.instructions.md 30',
        'On demand 90',
        '  .claude/skills/charts/SKILL.md 90',
        'Manual 5',
        '  a.prompt.md 5',
      ].join('\n'),
    );
  });

  it('groups by folder and sorts by name', () => {
    assert.equal(
      draw(rows, { grouping: 'folder', ordering: 'name' }),
      [
        '. 15',
        '  a.prompt.md 5',
        '  AGENTS.md 10',
        '.claude/skills/charts 90',
        '  .claude/skills/charts/SKILL.md 90',
        'docs 50',
        '  docs/AGENTS.md 20',
        '  docs/style.instructions.md 30',
      ].join('\n'),
    );
  });

  it('groups by format, the largest first', () => {
    const drawn = draw(rows, { grouping: 'format' }).split('\n');
    assert.deepEqual(
      drawn.filter((line) => !line.startsWith(' ')).map((line) => line.split(' ').at(-1)),
      ['90', '30', '30', '5'],
    );
  });

  it('keeps rows that contain each word of the filter, whatever its case', () => {
    const kept = (filter: string): string[] => filterRows(rows, filter).map(({ shownPath }) => shownPath);
    assert.deepEqual(kept('agents'), ['docs/AGENTS.md', 'AGENTS.md']);
    assert.deepEqual(kept('docs AGENTS'), ['docs/AGENTS.md']);
    assert.deepEqual(kept('draw diagrams'), ['.claude/skills/charts/SKILL.md']);
    assert.deepEqual(kept('on demand'), ['.claude/skills/charts/SKILL.md']);
    assert.deepEqual(kept('nothing'), []);
    assert.equal(kept('  ').length, rows.length);
  });

  it('adds estimates up with their bands', () => {
    const estimate: TokenCount = {
      tokens: 12,
      method: 'estimate',
      encoding: 'o200k_base',
      band: { low: 10, high: 15 },
    };
    const [group] = groupRows([row('a', 1, { cost: estimate }), row('b', 1, { cost: estimate })], {
      grouping: 'mode',
      ordering: 'name',
      filter: '',
    });
    assert.deepEqual(group!.total, { ...estimate, tokens: 24, band: { low: 20, high: 30 } });
  });

  it('keeps rows of one name in one order', () => {
    const same = [row('b', 1, { id: '2' }), row('b', 1, { id: '1' }), row('a', 1)];
    const [group] = groupRows(same, { grouping: 'mode', ordering: 'size', filter: '' });
    assert.deepEqual(
      group!.rows.map(({ id }) => id),
      ['root\na', '1', '2'],
    );
  });

  it('splits paths of every platform', () => {
    assert.deepEqual([folderOf('a/b/c.md'), fileNameOf('a/b/c.md')], ['a/b', 'c.md']);
    assert.deepEqual([folderOf('c.md'), fileNameOf('c.md')], ['.', 'c.md']);
    assert.deepEqual([folderOf('C:\\x\\c.md'), fileNameOf('C:\\x\\c.md')], ['C:\\x', 'c.md']);
  });
});
