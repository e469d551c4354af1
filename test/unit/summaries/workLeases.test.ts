import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSourceError } from '../../../src/core/errors';
import { silentLogger } from '../../../src/core/ports';
import { WorkLeases } from '../../../src/core/summaries/workLeases';

/** A promise that a test fulfils. */
function signalled(): { readonly given: Promise<void>; readonly give: () => void } {
  let resolveGiven: (() => void) | undefined;
  const given = new Promise<void>((resolve) => {
    resolveGiven = resolve;
  });
  return {
    given,
    give: () => {
      resolveGiven?.();
    },
  };
}

describe('a lease of work', () => {
  let folder: string;
  const leases = (): WorkLeases => new WorkLeases(join(folder, 'leases'), silentLogger);
  const leaseFile = (): string => join(folder, 'leases', readdirSync(join(folder, 'leases'))[0]!);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'context-cache-leases-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets one work at a time, tells the others that they wait, and leaves no file', async () => {
    const begun = signalled();
    const end = signalled();
    const waiting = signalled();
    const order: string[] = [];
    const first = leases().hold('a', async () => {
      begun.give();
      await end.given;
      order.push('first');
    });
    await begun.given;
    const second = leases().hold('a', async () => Promise.resolve(order.push('second')), { onWait: waiting.give });
    await leases().hold('b', async () => Promise.resolve(order.push('other key')));
    await waiting.given;
    end.give();
    await Promise.all([first, second]);
    assert.deepEqual(order, ['other key', 'first', 'second']);
    assert.deepEqual(readdirSync(join(folder, 'leases')), []);
  });

  it('ends with an error of the work, and the next one takes over', async () => {
    await assert.rejects(
      leases().hold('a', async () => Promise.reject(new Error('refused'))),
      /refused/,
    );
    assert.equal(await leases().hold('a', async () => Promise.resolve(7)), 7);
  });

  it('is waited for until that is cancelled; the one who has it goes on', async () => {
    const begun = signalled();
    const end = signalled();
    const first = leases().hold('a', async () => {
      begun.give();
      await end.given;
      return 'done';
    });
    await begun.given;
    const abort = new AbortController();
    const second = leases().hold('a', async () => Promise.resolve('never'), {
      signal: abort.signal,
      onWait: () => {
        abort.abort();
      },
    });
    await assert.rejects(second, (error) => isSourceError(error, 'cancelled'));
    end.give();
    assert.equal(await first, 'done');
    assert.deepEqual(readdirSync(join(folder, 'leases')), []);
  });

  it('that was not renewed for long is taken over, and its late owner leaves the new one alone', async () => {
    const begun = signalled();
    const end = signalled();
    const first = leases().hold('a', async () => {
      begun.give();
      await end.given;
    });
    await begun.given;
    const long = new Date(Date.now() - 61_000);
    utimesSync(leaseFile(), long, long);
    await leases().hold('a', async () => {
      end.give();
      await first;
      assert.equal(readdirSync(join(folder, 'leases')).length, 1);
    });
    assert.deepEqual(readdirSync(join(folder, 'leases')), []);
  });

  it('of a machine that is not ours counts until it expires, and one nobody asks for is swept away in the end', async () => {
    mkdirSync(join(folder, 'leases'));
    const old = join(folder, 'leases', `${'0'.repeat(64)}.lease`);
    writeFileSync(old, '1 elsewhere\n');
    const young = join(folder, 'leases', `${'1'.repeat(64)}.lease`);
    writeFileSync(young, '1 elsewhere\n');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(old, yesterday, yesterday);
    await leases().hold('a', async () => Promise.resolve());
    assert.deepEqual(readdirSync(join(folder, 'leases')), [`${'1'.repeat(64)}.lease`]);
  });

  it('does without where the folder can not be made: work done twice costs less than none', async () => {
    writeFileSync(join(folder, 'leases'), 'a file is in the way');
    assert.equal(await leases().hold('a', async () => Promise.resolve(7)), 7);
  });
});
