import assert from 'node:assert/strict';
import type { CacheSnapshot, ScopeSnapshot } from '../../../src/core/cache/model';
import { keepGoodScopes } from '../../../src/vscode/sandboxes/goodScopes';
import { parseHours } from '../../../src/vscode/sandboxes/lifetimes';
import { referenceTo } from '../../../src/vscode/sandboxes/promptReference';
import { createSingleFlight } from '../../../src/vscode/singleFlight';
import { FindingsIndex } from '../../../src/vscode/sandboxes/snapshotFindings';
import { entryOf } from './entries';

describe('parseHours', () => {
  const cases = [
    ['24', 24],
    [' 36h ', 36],
    ['7d', 168],
    ['1w', 168],
    ['90m', 1.5],
    ['0.5', 0.5],
    ['0', undefined],
    ['-1', undefined],
    ['', undefined],
    ['1e3', undefined],
    ['soon', undefined],
  ] as const;
  for (const [text, hours] of cases) {
    it(`reads "${text}" as ${hours ?? 'nothing'}`, () => {
      assert.equal(parseHours(text), hours);
    });
  }
});

describe('referenceTo', () => {
  it('names the tool that fetches an instruction, with what it is about', () => {
    const entry = entryOf({
      scope: 'instructions',
      key: 'instruction_research',
      metadata: { description: 'How to\nresearch.' },
    });
    assert.equal(referenceTo(entry), '- `get_instruction(tag="research")` — How to research.');
  });

  it('names the tools of artifacts and of the project summary, and a path for the rest', () => {
    assert.equal(referenceTo(entryOf({ key: 'a_b', originalKey: 'a "b"' })), '- `get_artifact(key="a \\"b\\"")`');
    assert.equal(referenceTo(entryOf({ scope: 'project', key: 'summary' })), '- `get_project_summary()`');
    assert.equal(referenceTo(entryOf({ scope: 'task', key: 'notes' })), '- `/workspace/.iris/kv-cache/task/notes`');
  });
});

function scopeOf(fields: Partial<ScopeSnapshot>): ScopeSnapshot {
  return {
    scope: 'task',
    quotaBytes: 100,
    usedBytes: 0,
    index: 'valid',
    indexSha256: undefined,
    entries: [],
    ...fields,
  };
}

function snapshotOf(scope: ScopeSnapshot, findings: CacheSnapshot['findings'] = []): CacheSnapshot {
  return { sourceId: 'x', label: 'x', takenMs: 0, scopes: [scope], seedFlag: undefined, findings };
}

describe('keepGoodScopes', () => {
  const good = snapshotOf(scopeOf({ usedBytes: 10, entries: [entryOf({ scope: 'task', key: 'a' })] }));
  const bad = snapshotOf(scopeOf({ index: 'unreadable', indexSha256: 'f00', problem: 'It is damaged.' }));

  it('keeps the rows of a scope that can not be read any more, beside the reason', () => {
    const [scope] = keepGoodScopes(good, bad).scopes;
    assert.ok(scope !== undefined);
    assert.deepEqual(
      scope.entries.map(({ key }) => key),
      ['a'],
    );
    assert.equal(scope.usedBytes, 10);
    assert.equal(scope.problem, 'It is damaged.');
    assert.equal(scope.index, 'unreadable');
  });

  it('takes what can be read as it is now', () => {
    assert.deepEqual(keepGoodScopes(good, snapshotOf(scopeOf({}))).scopes[0]?.entries, []);
    assert.deepEqual(keepGoodScopes(undefined, bad), bad);
  });
});

describe('FindingsIndex', () => {
  it('gives each row its findings, worst first', () => {
    const index = new FindingsIndex().of(
      snapshotOf(scopeOf({}), [
        { id: 'expired', severity: 'information', message: 'scope', scope: 'task' },
        { id: 'orphan', severity: 'warning', message: 'entry', scope: 'task', key: 'a' },
        { id: 'seed-flag', severity: 'error', message: 'cache' },
      ]),
    );
    const messages = (findings: readonly { message: string }[]): string[] => findings.map(({ message }) => message);
    assert.deepEqual(messages(index.all), ['cache', 'entry', 'scope']);
    assert.deepEqual(messages(index.ofScope('task')), ['entry', 'scope']);
    assert.deepEqual(messages(index.ofEntry('task', 'a')), ['entry']);
    assert.deepEqual(messages(index.ofEntry('task', 'b')), []);
  });
});

describe('createSingleFlight', () => {
  it('never runs twice at a time, and once more for those who asked meanwhile', async () => {
    let running = 0;
    let runs = 0;
    const release: (() => void)[] = [];
    const flight = createSingleFlight(async () => {
      running += 1;
      runs += 1;
      assert.equal(running, 1);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
    }, 1);
    const first = flight.run();
    const others = [flight.run(), flight.run(), flight.run()];
    release.shift()!();
    await first;
    assert.equal(runs, 2);
    release.shift()!();
    await Promise.all(others);
    assert.equal(runs, 2);
    flight.dispose();
  });

  it('aborts what runs and starts nothing any more once it is disposed', async () => {
    let aborted = false;
    let runs = 0;
    const flight = createSingleFlight(async (signal) => {
      runs += 1;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve();
        });
      });
    }, 1);
    const run = flight.run();
    flight.dispose();
    await run;
    flight.request();
    await flight.run();
    assert.equal(aborted, true);
    assert.equal(runs, 1);
  });

  it('makes one run of a burst', async () => {
    let runs = 0;
    await new Promise<void>((resolve) => {
      const flight = createSingleFlight(async () => {
        runs += 1;
        resolve();
        return Promise.resolve();
      }, 5);
      flight.request();
      flight.request();
      flight.request();
    });
    assert.equal(runs, 1);
  });
});
