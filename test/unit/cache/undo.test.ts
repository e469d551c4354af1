import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import fc from 'fast-check';
import type { CachePlan } from '../../../src/core/cache/changes';
import { planBump, planTags, planTtl } from '../../../src/core/cache/plans/editEntries';
import { planInvalidate, planPrune } from '../../../src/core/cache/plans/invalidate';
import { entriesOf } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import { planRepair } from '../../../src/core/cache/plans/repair';
import { planSeed } from '../../../src/core/cache/plans/seed';
import { planUndo } from '../../../src/core/cache/plans/undo';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import type { LibraryInstruction } from '../../../src/core/cache/library';
import { UserError } from '../../../src/core/errors';
import { drawPlan, drawResults, WritableCache } from './writing';

function instruction(tag: string, text: string): LibraryInstruction {
  const bytes = Buffer.from(text);
  return {
    tag,
    location: `/library/${tag}.md`,
    filename: `${tag}.md`,
    bytes,
    fingerprint: fingerprintOf(bytes),
    description: `About ${tag}`,
    ttlHours: undefined,
    tags: [],
  };
}

type Planner = (work: WritableCache) => Promise<CachePlan>;

const planners: Readonly<Record<string, Planner>> = {
  'putting a new key into a scope without an index': async (work) =>
    planPut(await work.source(), { scope: 'project', originalKey: 'fresh', bytes: Buffer.from('x') }),
  'replacing a value': async (work) =>
    planPut(await work.source(), { scope: 'project', originalKey: 'decisions.json', bytes: Buffer.from('{}') }),
  'seeding with force': async (work) =>
    planSeed(await work.source(), [instruction('research', 'new'), instruction('extra', 'é')], work.history, {
      force: true,
    }),
  'invalidating a whole scope': async (work) => planInvalidate(await work.source(), { scope: 'task' }),
  'invalidating by pattern': async (work) => planInvalidate(await work.source(), { pattern: 'tool_output_*' }),
  'invalidating summaries': async (work) => planInvalidate(await work.source(), { summaries: true }),
  'invalidating orphans': async (work) => planInvalidate(await work.source(), { orphans: true }),
  'invalidating by tag': async (work) => planInvalidate(await work.source(), { tag: 'report' }),
  pruning: async (work) => planPrune(await work.source()),
  'setting a lifetime': async (work) => {
    const source = await work.source();
    return planTtl(source, entriesOf(source.snapshot), 0.5);
  },
  'editing tags': async (work) => {
    const source = await work.source();
    return planTags(source, entriesOf(source.snapshot), { add: ['x'] });
  },
  'bumping versions': async (work) => {
    const source = await work.source();
    return planBump(source, entriesOf(source.snapshot));
  },
  repairing: async (work) => planRepair(await work.source(), work.history),
};

describe('undo', () => {
  let work: WritableCache;

  beforeEach(() => {
    work = new WritableCache('typical');
    // Orphans that are a moment old may be puts under way; these are not.
    work.nowMs = Date.now() + 24 * 3_600_000;
  });

  afterEach(() => {
    work.dispose();
  });

  for (const [name, planner] of Object.entries(planners)) {
    it(`brings every byte back after ${name}`, async () => {
      if (name.includes('without an index')) {
        rmSync(work.cache.path('project'), { recursive: true });
        work.cache.write('project/orphan', 'x');
      }
      const before = work.files();
      const plan = await planner(work);
      const report = await work.apply(plan);
      assert.ok(
        report.results.some(({ outcome }) => outcome === 'done'),
        drawResults(report).join('\n'),
      );
      assert.deepEqual(
        report.results.filter(({ outcome }) => outcome === 'failed'),
        [],
      );
      const after = work.files();
      assert.notDeepEqual(after, before);

      work.nowMs += 1000;
      const undone = await work.apply(await planUndo(await work.source(), report.operationId!, work.history));
      assert.deepEqual(work.files(), before);

      await work.apply(await planUndo(await work.source(), undone.operationId!, work.history));
      assert.deepEqual(work.files(), after);
    });
  }

  it('brings an unreadable index back after its repair, and the repair after that', async () => {
    const broken = work.text('task/_index.json').slice(0, 4000);
    work.cache.write('task/_index.json', broken);
    const before = work.files();
    const report = await work.apply(await planRepair(await work.source(), work.history, { scope: 'task' }));
    const after = work.files();
    assert.notDeepEqual(after, before);
    const undone = await work.apply(await planUndo(await work.source(), report.operationId!, work.history));
    assert.deepEqual(work.files(), before);
    await work.apply(await planUndo(await work.source(), undone.operationId!, work.history));
    assert.deepEqual(work.files(), after);
  });

  it('leaves alone what was changed since, and brings the rest back to its place', async () => {
    const order = Object.keys(work.index('project'));
    const report = await work.apply(planInvalidate(await work.source(), { scope: 'project' }));
    await work.put({ scope: 'project', originalKey: 'summary', text: 'the next one' });
    const plan = await planUndo(await work.source(), report.operationId!, work.history);
    assert.deepEqual(drawPlan(plan), [
      '- conflict project/summary: changed since',
      '+ create project/architecture_notes: as it was before',
      '+ create project/decisions.json: as it was before',
    ]);
    assert.equal(plan.warnings.length, 1);
    await work.apply(plan);
    assert.equal(work.text('project/summary'), 'the next one');
    assert.deepEqual([...Object.keys(work.index('project'))].sort(), [...order].sort());

    const forced = await planUndo(await work.source(), report.operationId!, work.history);
    await work.apply(forced, { selected: new Set(['project/summary']) });
    assert.notEqual(work.text('project/summary'), 'the next one');
  });

  it('does nothing twice', async () => {
    const report = await work.apply(planInvalidate(await work.source(), { scope: 'project' }));
    await work.apply(await planUndo(await work.source(), report.operationId!, work.history));
    const again = await planUndo(await work.source(), report.operationId!, work.history);
    assert.deepEqual(
      again.effects.map(({ action }) => action),
      ['unchanged', 'unchanged', 'unchanged'],
    );
    assert.equal((await work.apply(again)).operationId, undefined);
  });

  it('refuses an operation of another sandbox, and one that is not there', async () => {
    const report = await work.apply(planInvalidate(await work.source(), { scope: 'project' }));
    const other = new WritableCache('empty');
    try {
      const source = await other.source();
      await assert.rejects(planUndo(source, report.operationId!, work.history), UserError);
      await assert.rejects(planUndo(source, 'nothing', work.history), UserError);
    } finally {
      other.dispose();
    }
  });

  it('brings any sequence of operations back, the latest first', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.entries(planners).filter(([name]) => !name.includes('without an index'))), {
          minLength: 1,
          maxLength: 4,
        }),
        async (sequence) => {
          const own = new WritableCache('typical');
          own.nowMs = Date.now() + 24 * 3_600_000;
          try {
            const states = [own.files()];
            const operations: (string | undefined)[] = [];
            for (const [, planner] of sequence) {
              own.nowMs += 60_000;
              operations.push((await own.apply(await planner(own))).operationId);
              states.push(own.files());
            }
            for (const operation of operations.reverse()) {
              states.pop();
              if (operation !== undefined) {
                await own.apply(await planUndo(await own.source(), operation, own.history));
              }
              assert.deepEqual(own.files(), states.at(-1));
            }
          } finally {
            own.dispose();
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
