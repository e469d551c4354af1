import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SummaryStatistics } from '../../../src/core/summaries/savings';
import { goldenClock } from '../cache/temporaryCache';
import { TemporaryData } from './support';

describe('the savings of summaries', () => {
  let data: TemporaryData;

  beforeEach(() => {
    data = new TemporaryData();
  });

  afterEach(() => {
    data.dispose();
  });

  it('are none before the first summary, and asking writes nothing', async () => {
    assert.deepEqual(await data.statistics.read(), {
      hits: 0,
      misses: 0,
      made: 0,
      failed: 0,
      tokensSaved: 0,
      tokensSpent: 0,
      sinceMs: undefined,
    });
    assert.deepEqual(readdirSync(data.folder), []);
  });

  it('are counted over several processes at once, none of them lost', async () => {
    const others = Array.from({ length: 30 }, () => new SummaryStatistics(data.folder, { clock: goldenClock }));
    await Promise.all(
      others.flatMap((one) => [
        one.add({ kind: 'miss' }),
        one.add({ kind: 'made', tokensBefore: 100, tokensAfter: 10, tokensSpent: 150 }),
        one.add({ kind: 'hit', tokensBefore: 100, tokensAfter: 10 }),
        one.add({ kind: 'failed' }),
      ]),
    );
    const { hits, misses, made, failed, tokensSaved, tokensSpent } = await data.statistics.read();
    assert.deepEqual([hits, misses, made, failed, tokensSaved, tokensSpent], [30, 30, 30, 30, 2700, 4500]);
  });

  it('do not fill the folder with files of processes that are gone', async () => {
    for (let process = 0; process < 60; process += 1) {
      await new SummaryStatistics(data.folder, { clock: goldenClock }).add({ kind: 'miss' });
    }
    assert.ok(readdirSync(join(data.folder, 'summaries')).length <= 25);
    assert.equal((await data.statistics.read()).misses, 60);
  });

  it('leave out what is damaged or of another kind', async () => {
    await data.statistics.add({ kind: 'hit', tokensBefore: 100, tokensAfter: 10 });
    const folder = join(data.folder, 'summaries');
    writeFileSync(join(folder, 'zzz.jsonl'), '{"kind":"hit"}\nnull\n{"id":"1","atMs":1,"kind":"theft"}\ngarbage\n');
    assert.equal((await data.statistics.read()).hits, 1);
  });

  it('never fail a summary when the data folder can not be written', async () => {
    const file = join(data.folder, 'file');
    writeFileSync(file, '');
    const warnings: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      error: () => undefined,
      warn: (text: string) => warnings.push(text),
    };
    await new SummaryStatistics(file, { clock: goldenClock, log }).add({ kind: 'miss' });
    assert.match(warnings[0]!, /are not counted/);
  });
});
