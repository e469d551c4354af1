import assert from 'node:assert/strict';
import { isSourceError } from '../../../src/core/errors';
import { takeTurn } from '../../../src/core/turns';
import { takeText } from '../../../src/vscode/tokens/textInSlices';
import type { LinedText } from '../../../src/vscode/tokens/textInSlices';

/** Lines that a test can change. */
class TestDocument implements LinedText {
  version = 1;
  lines: string[];
  reads = 0;

  constructor(count: number) {
    this.lines = Array.from({ length: count }, (_, line) => `line ${line}`);
  }

  get lineCount(): number {
    return this.lines.length;
  }

  get text(): string {
    return this.lines.join('\r\n');
  }

  linesBetween(firstLine: number, endLine: number): string {
    this.reads += 1;
    const tail = endLine >= this.lines.length ? '' : '\r\n';
    return this.lines.slice(firstLine, endLine).join('\r\n') + tail;
  }
}

/** Puts the parts together again. */
async function taken(document: LinedText, pause: () => Promise<void>): Promise<{ text: string; parts: number[] }> {
  let parts: string[] = [];
  const taker = {
    begin: () => {
      parts = [];
    },
    add: (part: string) => {
      parts.push(part);
    },
  };
  await takeText(document, taker, pause);
  return { text: parts.join(''), parts: parts.map(({ length }) => length) };
}

describe('taking a text in slices', () => {
  for (const count of [1, 499, 500, 501, 1000, 4567]) {
    it(`takes ${count} lines as they are`, async () => {
      const document = new TestDocument(count);
      let pauses = 0;
      const pause = async (): Promise<void> => {
        pauses += 1;
        return Promise.resolve();
      };
      assert.equal((await taken(document, pause)).text, document.text);
      assert.equal(pauses, document.reads);
    });
  }

  it('takes a line that is longer than a part in parts, with a pause before each', async () => {
    const document = new TestDocument(3);
    document.lines[1] = 'long '.repeat(100_000);
    let pauses = 0;
    const { text, parts } = await taken(document, async () => {
      pauses += 1;
      return Promise.resolve();
    });
    assert.equal(text, document.text);
    assert.ok(Math.max(...parts) <= 65_536, `parts: ${parts.join(' ')}`);
    assert.equal(pauses, parts.length);
  });

  it('begins again when an edit comes in between', async () => {
    const document = new TestDocument(5000);
    let edits = 2;
    const { text } = await taken(document, async () => {
      if (document.reads % 3 === 2 && edits > 0) {
        edits -= 1;
        document.version += 1;
        document.lines.splice(1, 1, 'edited', 'and longer');
      }
      return Promise.resolve();
    });
    assert.equal(edits, 0);
    assert.equal(text, document.text);
  });

  it('takes everything at once when the edits do not end', async () => {
    const document = new TestDocument(5000);
    const { text } = await taken(document, async () => {
      document.version += 1;
      document.lines.push(`version ${document.version}`);
      return Promise.resolve();
    });
    assert.equal(text, document.text);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const document = new TestDocument(5000);
    await assert.rejects(
      taken(document, async () => {
        abort.abort();
        return takeTurn({ signal: abort.signal });
      }),
      (error) => isSourceError(error, 'cancelled'),
    );
    assert.ok(document.reads < 5);
  });
});
