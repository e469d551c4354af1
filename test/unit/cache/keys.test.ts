import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  assertUsableKey,
  foldKey,
  isValueName,
  KeyError,
  originalKeyOfTag,
  sanitizeKey,
  tagOfKey,
  usableKey,
} from '../../../src/core/cache/keys';

interface KeyVector {
  readonly key: unknown;
  readonly sanitized?: string;
  readonly error?: string;
}

const vectors = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/golden/vectors/sanitize_key.json'), 'utf8'),
) as KeyVector[];

describe('sanitizeKey', () => {
  it('has all the vectors', () => {
    assert.equal(vectors.length, 73);
  });

  for (const { key, sanitized, error } of vectors) {
    // The vectors write Python's bytes literal as text.
    const given = key === "b'x'" ? Buffer.from('x') : key;
    it(`turns ${JSON.stringify(key).slice(0, 40)} into ${error ?? JSON.stringify(sanitized).slice(0, 40)}`, () => {
      if (error === undefined) {
        assert.equal(sanitizeKey(given as string), sanitized);
      } else {
        assert.throws(() => sanitizeKey(given as string), KeyError);
      }
    });
  }

  it('replaces letters that Unicode gained after version 14, as the original writer does', () => {
    assert.equal(sanitizeKey('a\u{1e4d0}b\u{31350}c\ua7cb'), 'a_b_c_');
    assert.equal(sanitizeKey('\u{31349}\u{1df00}'), '\u{31349}\u{1df00}');
  });

  it('gives names that stay as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }), (key) => {
        try {
          const sanitized = sanitizeKey(key);
          assert.equal(sanitizeKey(sanitized), sanitized);
          assert.equal(Array.from(sanitized).length, Array.from(key).length);
          assert.doesNotMatch(sanitized, /[/\\\s\0]/);
        } catch (error) {
          assert.ok(error instanceof KeyError);
        }
      }),
    );
  });
});

describe('assertUsableKey', () => {
  const refused = ['.', '_index.json', '_INDEX.json', '.context-cache-x', 'é'.repeat(128), 'a/b', '', '..'];
  for (const key of refused) {
    it(`refuses ${JSON.stringify(key.slice(0, 20))}`, () => {
      assert.throws(() => {
        assertUsableKey(key);
      }, KeyError);
    });
  }

  for (const key of [
    'summary',
    '.hidden',
    'é'.repeat(127),
    'a'.repeat(255),
    '__proto__',
    'con',
    '.instructions_seeded.json',
  ]) {
    it(`takes ${JSON.stringify(key.slice(0, 20))}`, () => {
      assert.doesNotThrow(() => {
        assertUsableKey(key);
      });
    });
  }

  it('is part of usableKey', () => {
    assert.equal(usableKey('a b'), 'a_b');
    assert.throws(() => usableKey('_index.json'), KeyError);
  });
});

describe('keys', () => {
  it('drops only the leading prefix of an instruction', () => {
    assert.equal(tagOfKey('instruction_web'), 'web');
    assert.equal(tagOfKey('instruction_instruction_x'), 'instruction_x');
    assert.equal(tagOfKey('my_instruction_x'), undefined);
    assert.equal(tagOfKey('instruction_'), undefined);
    assert.equal(originalKeyOfTag('web'), 'instruction_web');
  });

  it('folds case and normalisation', () => {
    assert.equal(foldKey('README'), foldKey('readme'));
    assert.equal(foldKey('\u212b'), foldKey('\u00e5'));
    assert.notEqual(foldKey('a_b'), foldKey('a-b'));
  });

  it('tells values from the index and from temporary files', () => {
    assert.ok(isValueName('summary'));
    assert.ok(isValueName('.hidden'));
    assert.ok(!isValueName('_index.json'));
    assert.ok(!isValueName('.context-cache-1-abc'));
  });
});
