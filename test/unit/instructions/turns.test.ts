import { ok } from 'node:assert/strict';
import { checkInstructions } from '../../../src/core/check/checkInstructions';
import { defaultConfig } from '../../../src/core/config';
import { accountFor } from '../../../src/core/instructions/accountFor';
import { Turns } from '../../../src/core/turns';
import { indexOf, lengthCounts } from './support';

const fileCount = 200;
/** How often the work has to look whether there is time left in a turn, at the least. */
const everyFiles = 2;

/** Turns in each of which there is time for one piece of work only. */
class NarrowTurns {
  count = 0;
  #nowMs = 0;
  readonly turns = new Turns(1, {
    now: () => this.#nowMs++,
    inNextTurn: (callback) => {
      this.count += 1;
      setImmediate(callback);
    },
  });
}

const files = Object.fromEntries(
  Array.from({ length: fileCount }, (_, number) => [
    `module-${number}/${number % 2 === 0 ? 'AGENTS.md' : 'CLAUDE.md'}`,
    `# Module ${number}\n\nSee @docs/guide.md and [the guide](docs/guide.md).\n\n${`Rule ${number}. `.repeat(40)}\n`,
  ]),
);

describe('thousands of instructions hold nobody up', () => {
  it('while they are indexed', async () => {
    const narrow = new NarrowTurns();
    const index = await indexOf(files, { options: { turns: narrow.turns } });
    ok(index.files.length === fileCount);
    ok(narrow.count >= fileCount / everyFiles, `${narrow.count} turns`);
  });

  it('nor when one changed and the others are looked over', async () => {
    const narrow = new NarrowTurns();
    const previous = await indexOf(files);
    const changed = [{ rootId: 'ws', path: 'module-0/AGENTS.md' }];
    await indexOf(files, { options: { previous, changed, turns: narrow.turns } });
    ok(narrow.count >= fileCount / everyFiles, `${narrow.count} turns`);
  });

  for (const harness of ['all', 'claude-code', 'codex'] as const) {
    it(`while ${harness} is reckoned`, async () => {
      const narrow = new NarrowTurns();
      const account = await accountFor(harness, await indexOf(files), lengthCounts(), { turns: narrow.turns });
      ok(account.files.length >= fileCount / 2);
      ok(narrow.count >= account.files.length / everyFiles, `${narrow.count} turns`);
    });
  }

  it('while they are checked', async () => {
    const narrow = new NarrowTurns();
    const index = await indexOf(files);
    await checkInstructions(
      { index, config: defaultConfig, harnesses: [], counts: lengthCounts(), filesOf: () => undefined },
      { turns: narrow.turns },
    );
    // The lint, the links and the copies, each file by file.
    ok(narrow.count >= (3 * fileCount) / everyFiles, `${narrow.count} turns`);
  });
});
