import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyPlan } from '../../../src/core/cache/apply';
import type { CachePlan } from '../../../src/core/cache/changes';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import { planBump, planTags } from '../../../src/core/cache/plans/editEntries';
import { planInvalidate } from '../../../src/core/cache/plans/invalidate';
import { entriesOf } from '../../../src/core/cache/plans/planBuilder';
import type { PlanSource } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import { planUndo } from '../../../src/core/cache/plans/undo';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { SourceError } from '../../../src/core/errors';
import type { ApplyReport } from '../../../src/core/cache/plan';
import { MemoryHistory, MemoryTree } from './memoryTree';
import { goldenClock, soundEntry } from './temporaryCache';
import { drawResults } from './writing';

const scope = 'task';
const indexPath = `${scope}/_index.json`;
const ours = ['own', 'b'] as const;

type Index = Record<string, Record<string, unknown>>;

/** The original writer: value first, then the whole index, without a lock; it may have read the index long before. */
class OriginalWriter {
  readonly #tree: MemoryTree;
  #stale: Index | undefined;
  #count = 0;

  constructor(tree: MemoryTree) {
    this.#tree = tree;
  }

  readIndex(): Index {
    try {
      return JSON.parse(this.#tree.text(indexPath) ?? '{}') as Index;
    } catch {
      return {};
    }
  }

  /** Reads the index now; the next put writes what was read then. */
  remember(): void {
    this.#stale = this.readIndex();
  }

  put(key: string): void {
    this.#count += 1;
    const content = `theirs ${this.#count}`;
    this.#tree.write(`${scope}/${key}`, content);
    const index = this.#stale ?? this.readIndex();
    this.#stale = undefined;
    index[key] = { ...soundEntry(scope, key, content), created_at: `2025-11-12T09:00:00.${100_000 + this.#count}` };
    this.#tree.write(indexPath, JSON.stringify(index, null, 2));
  }

  delete(key: string): void {
    const index = this.readIndex();
    this.#tree.files.delete(`${scope}/${key}`);
    this.#stale = undefined;
    if (key in index) {
      const rest = Object.entries(index).filter(([name]) => name !== key);
      this.#tree.write(indexPath, JSON.stringify(Object.fromEntries(rest), null, 2));
    }
  }
}

type Action = 'nothing' | 'remember' | 'put other' | 'put same' | 'put second' | 'delete same' | 'delete other';

function act(writer: OriginalWriter, action: Action): void {
  switch (action) {
    case 'nothing':
      break;
    case 'remember':
      writer.remember();
      break;
    case 'put other':
      writer.put('c');
      break;
    case 'put same':
      writer.put('b');
      break;
    case 'put second':
      writer.put('own');
      break;
    case 'delete same':
      writer.delete('b');
      break;
    case 'delete other':
      writer.delete('a');
      break;
  }
}

const actions = fc.array(
  fc.constantFrom<Action>(
    'nothing',
    'nothing',
    'nothing',
    'remember',
    'put other',
    'put other',
    'put same',
    'put second',
    'delete same',
    'delete other',
  ),
  { maxLength: 40 },
);

const planners: Readonly<Record<string, (source: PlanSource) => CachePlan>> = {
  'a new key': (source) => planPut(source, { scope, originalKey: 'own', bytes: Buffer.from('ours') }),
  'a value that is replaced': (source) => planPut(source, { scope, originalKey: 'b', bytes: Buffer.from('ours') }),
  'a deletion': (source) => planInvalidate(source, { scope, pattern: 'b' }),
  tags: (source) => planTags(source, entriesOf(source.snapshot), { add: ['x'] }),
  'a bumped version': (source) => planBump(source, entriesOf(source.snapshot)),
};

function filledTree(compareAndSwap: 'atomic' | 'best-effort' = 'best-effort'): MemoryTree {
  const tree = new MemoryTree(compareAndSwap);
  const index: Index = {};
  for (const key of ['a', 'b']) {
    tree.write(`${scope}/${key}`, `old ${key}`);
    index[key] = soundEntry(scope, key, `old ${key}`);
  }
  tree.write(indexPath, JSON.stringify(index, null, 2));
  return tree;
}

async function sourceOf(tree: MemoryTree): Promise<PlanSource> {
  return { tree, snapshot: await readSnapshot(tree, { clock: goldenClock }) };
}

async function apply(
  plan: CachePlan,
  tree: MemoryTree,
  history: MemoryHistory,
  signal?: AbortSignal,
): Promise<ApplyReport> {
  const delay = async (): Promise<void> => Promise.resolve();
  return applyPlan(plan, { tree, history, clock: goldenClock, delay }, { signal });
}

/** The original reads the scope: an object whose entries have all their fields and naive times. */
function assertReadable(tree: MemoryTree): Index {
  const text = tree.text(indexPath);
  const index = (text === undefined ? {} : JSON.parse(text)) as Index;
  for (const [key, entry] of Object.entries(index)) {
    for (const field of Object.keys(soundEntry(scope, key, ''))) {
      assert.ok(field in entry, `${key} lacks ${field}`);
    }
    assert.doesNotMatch(String(entry['expires_at']), /Z|[+-]\d\d:\d\d$/);
  }
  return index;
}

/** An entry and its value belong together. */
function assertSound(tree: MemoryTree, key: string): void {
  const entry = assertReadable(tree)[key];
  const value = tree.files.get(`${scope}/${key}`);
  if (entry === undefined) {
    assert.equal(value, undefined, `${key} is an orphan`);
  } else {
    assert.ok(value !== undefined, `${key} has no file`);
    assert.equal(entry['fingerprint'], fingerprintOf(value), `${key} is corrupt`);
  }
}

describe('writing beside a writer that takes no lock', () => {
  for (const compareAndSwap of ['best-effort', 'atomic'] as const) {
    for (const [name, planner] of Object.entries(planners)) {
      it(`never loses an entry of the other, and tells the truth about ${name} (${compareAndSwap})`, async () => {
        await fc.assert(
          fc.asyncProperty(actions, async (schedule) => {
            const tree = filledTree(compareAndSwap);
            const writer = new OriginalWriter(tree);
            const plan = planner(await sourceOf(tree));
            const waiting = [...schedule];
            let theirs = writer.readIndex();
            tree.before = (step) => {
              // Between a check and its write the format itself allows a race; everywhere else it may strike.
              if (step === 'scan' || step === 'check' || step === 'committed') {
                const action = waiting.shift() ?? 'nothing';
                act(writer, action);
                theirs = action === 'nothing' || action === 'remember' ? theirs : writer.readIndex();
              }
            };
            const report = await apply(plan, tree, new MemoryHistory());
            tree.before = () => undefined;
            const index = assertReadable(tree);
            const touched = new Set(plan.effects.map(({ key }) => key));
            for (const key of Object.keys(theirs).filter((candidate) => !touched.has(candidate))) {
              assert.deepEqual(index[key], theirs[key], `lost ${key}`);
            }
            for (const { id, outcome, message } of report.results) {
              const key = id.slice(scope.length + 1);
              if (outcome === 'done' && message === undefined) {
                assertDone(plan, key, tree, index);
              }
            }
          }),
          { numRuns: 300 },
        );
      }).timeout(60_000);
    }
  }

  it('writes in order: value, then index; index, then removal', async () => {
    const tree = filledTree();
    const steps: string[] = [];
    tree.before = (step, path) => {
      if (step === 'write' || step === 'remove') {
        steps.push(`${step} ${path}`);
      }
    };
    await apply(planners['a new key']!(await sourceOf(tree)), tree, new MemoryHistory());
    await apply(planners['a deletion']!(await sourceOf(tree)), tree, new MemoryHistory());
    assert.deepEqual(steps, ['write task/own', `write ${indexPath}`, `write ${indexPath}`, 'remove task/b']);
  });

  it('gives the value back that it removed from under a put of the other', async () => {
    const tree = filledTree();
    const writer = new OriginalWriter(tree);
    const plan = planners['a deletion']!(await sourceOf(tree));
    tree.write(`${scope}/b`, 'theirs');
    tree.before = (step) => {
      if (step === 'remove') {
        // The put goes on: its value was written before, its entry comes now.
        tree.before = (later) => {
          if (later === 'committed') {
            const index = writer.readIndex();
            index['b'] = soundEntry(scope, 'b', 'theirs');
            tree.write(indexPath, JSON.stringify(index, null, 2));
          }
        };
      }
    };
    const report = await apply(plan, tree, new MemoryHistory());
    assert.match(drawResults(report)[0]!, /^done task\/b: .*written again/);
    assertSound(tree, 'b');
    assert.equal(tree.text(`${scope}/b`), 'theirs');
  });

  it('gives up with a reason when the other never pauses, and leaves nothing of its own behind', async () => {
    const tree = filledTree();
    const writer = new OriginalWriter(tree);
    const plan = planners['a new key']!(await sourceOf(tree));
    tree.before = (step) => {
      if (step === 'check') {
        writer.put('c');
      }
    };
    const report = await apply(plan, tree, new MemoryHistory());
    tree.before = () => undefined;
    assert.match(drawResults(report)[0]!, /^failed task\/own: Another writer keeps rewriting the index/);
    for (const key of ['a', 'b', 'c', 'own']) {
      assertSound(tree, key);
    }
  });

  it('waits for an index that is being written, and fails for one that stays unreadable', async () => {
    const tree = filledTree();
    const whole = tree.text(indexPath)!;
    const plan = planners['a new key']!(await sourceOf(tree));
    let looks = 0;
    tree.write(indexPath, whole.slice(0, 50));
    tree.before = (step) => {
      looks += step === 'scan' ? 1 : 0;
      if (looks === 3) {
        tree.write(indexPath, whole);
      }
    };
    assert.deepEqual(drawResults(await apply(plan, tree, new MemoryHistory())), ['done task/own']);
    const again = planPut(await sourceOf(tree), { scope, originalKey: 'later', bytes: Buffer.from('x') });
    tree.write(indexPath, whole.slice(0, 50));
    assert.match(drawResults(await apply(again, tree, new MemoryHistory()))[0]!, /^failed task\/later: .*Repair/);
    assert.equal(tree.text(indexPath), whole.slice(0, 50));
  });
});

function assertDone(plan: CachePlan, key: string, tree: MemoryTree, index: Index): void {
  const change = plan.changes.get(`${scope}/${key}`)!;
  if (change.value === 'remove') {
    assert.ok(!(key in index), `${key} is still there`);
    return;
  }
  const entry = index[key];
  assert.ok(entry !== undefined, `${key} is not there`);
  if (change.value === undefined) {
    assert.ok('updated_at' in entry, `${key} was not edited`);
  } else {
    assert.equal(tree.text(`${scope}/${key}`), 'ours');
    assert.equal(entry['fingerprint'], fingerprintOf(Buffer.from('ours')));
  }
}

describe('writing over a link that fails', () => {
  for (const [name, planner] of Object.entries(planners)) {
    it(`leaves a readable scope whichever step of ${name} fails, and can undo what was done`, async () => {
      for (let broken = 0; ; broken += 1) {
        for (const stays of [false, true]) {
          const tree = filledTree();
          const before = tree.draw();
          const plan = planner(await sourceOf(tree));
          const history = new MemoryHistory();
          let step = 0;
          const failures: number[] = [];
          tree.before = () => {
            step += 1;
            if (step === broken + 1 || (stays && failures.length > 0)) {
              failures.push(step);
              throw new SourceError('unavailable', 'The link went down.', { nextStep: 'Connect again.' });
            }
          };
          const report = await apply(plan, tree, history);
          tree.before = () => undefined;
          const index = assertReadable(tree);
          for (const { id, outcome } of report.results) {
            if (outcome === 'done') {
              assertDone(plan, id.slice(scope.length + 1), tree, index);
            }
          }
          if (!stays) {
            // The link came back at once: what failed was taken back, so that nothing is left half-way.
            for (const key of ['a', ...ours]) {
              assertNotCorrupt(tree, key);
            }
          }
          const [operation] = await history.operations();
          if (operation !== undefined) {
            await apply(await planUndo(await sourceOf(tree), operation.id, history), tree, history);
            assert.deepEqual(tree.draw(), before);
          }
          if (failures.length === 0) {
            return;
          }
        }
      }
    });
  }

  it('reports a full disk for the item and for all that follow', async () => {
    const tree = filledTree();
    const before = tree.draw();
    const plan = planBump(await sourceOf(tree), entriesOf((await sourceOf(tree)).snapshot));
    tree.before = (step) => {
      if (step === 'write') {
        throw new SourceError('quota', 'No space is left.', { nextStep: 'Free some.' });
      }
    };
    const report = await apply(plan, tree, new MemoryHistory());
    assert.deepEqual(drawResults(report), [
      'failed task/a: No space is left. Free some.',
      'failed task/b: No space is left. Free some.',
    ]);
    assert.deepEqual(tree.draw(), before);
  });

  it('stops when it is cancelled at any step, and leaves a scope that the original reads', async () => {
    for (let at = 1; ; at += 1) {
      const tree = filledTree();
      const before = tree.draw();
      const plan = planPut(await sourceOf(tree), { scope, originalKey: 'own', bytes: Buffer.from('ours') });
      const abort = new AbortController();
      let step = 0;
      tree.before = () => {
        step += 1;
        if (step === at) {
          abort.abort();
        }
      };
      const report = await apply(plan, tree, new MemoryHistory(), abort.signal);
      tree.before = () => undefined;
      for (const key of ['a', ...ours]) {
        assertSound(tree, key);
      }
      if (report.results[0]?.outcome !== 'done') {
        assert.deepEqual(drawResults(report), ['skipped task/own: Cancelled before it was done.']);
        assert.equal(report.cancelled, true);
        assert.deepEqual(tree.draw(), before);
      }
      if (step < at) {
        assert.equal(report.results[0]?.outcome, 'done');
        return;
      }
    }
  });
});

function assertNotCorrupt(tree: MemoryTree, key: string): void {
  const entry = assertReadable(tree)[key];
  const value = tree.files.get(`${scope}/${key}`);
  if (entry !== undefined) {
    assert.ok(value !== undefined, `${key} has no file`);
    assert.equal(entry['fingerprint'], fingerprintOf(value), `${key} is corrupt`);
  }
}
