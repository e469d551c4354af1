import assert from 'node:assert/strict';
import {
  cutNotice,
  decodeText,
  languageOf,
  maxShownBytes,
  toReadable,
} from '../../../src/vscode/sandboxes/documents/readable';
import { entryOf } from './entries';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('A value made for reading', () => {
  it('indents JSON and rounds nothing', () => {
    assert.equal(
      toReadable(bytes('{"b":1152921504606846977,"2":1.0,"a":[NaN],"__proto__":"é"}'), 'text/plain'),
      '{\n  "b": 1152921504606846977,\n  "2": 1.0,\n  "a": [\n    NaN\n  ],\n  "__proto__": "é"\n}',
    );
  });

  it('leaves other texts as they are', () => {
    for (const text of ['', 'plain', '# Title\n', '{not json}', '"a string"', '\ufeffwith a mark']) {
      assert.equal(toReadable(bytes(text), 'text/plain'), text);
    }
  });

  it('describes binary values', () => {
    const value = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    const text = toReadable(value, 'image/png');
    assert.match(text, /^Binary value: 300 bytes, recorded as image\/png\n\n00000000 {2}00 01 02 /);
    assert.match(text, /00000030 {2}30 31 .* {2}0123456789:;<=>\?\n/);
    assert.match(text, /… 44 more bytes\n$/);
  });

  it('describes bytes that are no UTF-8', () => {
    assert.match(toReadable(Uint8Array.of(0x66, 0xff, 0x66), 'text/plain'), /^Binary value: 3 bytes/);
  });

  it('cuts what is too large between two characters, and says so first', () => {
    const text = toReadable(bytes('é'.repeat(maxShownBytes)), 'text/plain');
    assert.ok(text.startsWith(`${cutNotice(2 * maxShownBytes)}\n\né`));
    assert.ok(text.endsWith('é'));
    assert.ok(Buffer.byteLength(text) < maxShownBytes + 200);
  });

  it('cuts an odd byte off rather than showing half a character', () => {
    const text = toReadable(bytes(`x${'é'.repeat(maxShownBytes)}`), 'text/plain');
    assert.doesNotMatch(text, /\ufffd/);
  });

  it('takes a text with a NUL for binary, as the editor does', () => {
    assert.equal(decodeText(bytes('a\0b')), undefined);
  });
});

describe('The language of a value', () => {
  const cases = [
    [{ key: 'a', contentType: 'application/json' }, '', 'json'],
    [{ key: 'a', contentType: 'text/markdown; charset=utf-8' }, '{}', 'markdown'],
    [{ key: 'a' }, '{"a": 1}', 'json'],
    [{ key: 'a' }, '{broken', 'plaintext'],
    [{ key: 'a', originalKey: 'file_content:/src/main.py' }, 'import os', 'python'],
    [{ key: 'tool_output_execute_command_0a1b2c3d_execute_command' }, 'done', 'log'],
    [{ key: 'tool_output_web_search_0a1b2c3d_web_search' }, 'done', 'plaintext'],
    [{ key: 'notes' }, 'text', 'plaintext'],
  ] as const;
  for (const [fields, text, language] of cases) {
    it(`of ${JSON.stringify(fields)} with ${JSON.stringify(text)} is ${language}`, () => {
      assert.equal(languageOf(entryOf(fields), text), language);
    });
  }
});
