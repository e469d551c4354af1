import assert from 'node:assert/strict';
import { isSourceError } from '../../../src/core/errors';
import { textInSlices } from '../../../src/vscode/tokens/textInSlices';
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

describe('taking a text in slices', () => {
  const { signal } = new AbortController();

  for (const count of [1, 999, 1000, 1001, 2000, 4567]) {
    it(`takes ${count} lines as they are`, async () => {
      const document = new TestDocument(count);
      let pauses = 0;
      const pause = async (): Promise<void> => {
        pauses += 1;
        return Promise.resolve();
      };
      assert.equal(await textInSlices(document, { signal, sliceMs: 0 }, pause), document.text);
      assert.equal(pauses, document.reads);
    });
  }

  it('begins again when an edit comes in between', async () => {
    const document = new TestDocument(5000);
    let edits = 2;
    const taken = await textInSlices(document, { signal, sliceMs: 0 }, async () => {
      if (document.reads % 3 === 2 && edits > 0) {
        edits -= 1;
        document.version += 1;
        document.lines.splice(1, 1, 'edited', 'and longer');
      }
      return Promise.resolve();
    });
    assert.equal(edits, 0);
    assert.equal(taken, document.text);
  });

  it('takes everything at once when the edits do not end', async () => {
    const document = new TestDocument(5000);
    const taken = await textInSlices(document, { signal, sliceMs: 0 }, async () => {
      document.version += 1;
      document.lines.push(`version ${document.version}`);
      return Promise.resolve();
    });
    assert.equal(taken, document.text);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const document = new TestDocument(5000);
    await assert.rejects(
      textInSlices(document, { signal: abort.signal, sliceMs: 0 }, async () => {
        abort.abort();
        return Promise.resolve();
      }),
      (error) => isSourceError(error, 'cancelled'),
    );
    assert.ok(document.reads < 5);
  });
});
