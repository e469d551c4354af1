import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { floatRepr } from '../../../src/core/cache/pythonFloat';
import type { PythonValue } from '../../../src/core/cache/pythonJson';
import { parsePython, parsePythonBytes, PythonJsonError, PythonNumber } from '../../../src/core/cache/pythonJson';
import { fromJson, printPython, toDisplayJson } from '../../../src/core/cache/pythonJsonPrint';
import { UserError } from '../../../src/core/errors';

const golden = join(__dirname, '../../fixtures/golden');

interface DumpsVector {
  readonly python_expr: string;
  readonly indent2: string;
  readonly indent2_no_ascii: string | null;
  readonly sort_keys_compact: string | null;
}

const vectors = JSON.parse(readFileSync(join(golden, 'vectors/json_dumps.json'), 'utf8')) as DumpsVector[];

function map(...entries: [string, PythonValue][]): PythonValue {
  return new Map(entries);
}

const int = (text: string) => new PythonNumber('int', text);
const float = (value: number) => PythonNumber.float(value);

/** The values that the Python expressions of the vectors stand for. */
const values: Readonly<Record<string, PythonValue>> = {
  '{}': map(),
  '[]': [],
  "{'a': []}": map(['a', []]),
  "{'a': {}}": map(['a', map()]),
  "{'a': [1, 2]}": map(['a', [int('1'), int('2')]]),
  "{'é': '日本🚀'}": map(['é', '日本🚀']),
  "'\\x7f\\x80\\u2028\\ufeff'": '\x7f\x80\u2028\ufeff',
  "'\\b\\f\\n\\r\\t\\x00\\x1f\"\\\\/'": '\b\f\n\r\t\x00\x1f"\\/',
  '1.0': float(1),
  '168.0': float(168),
  '6.5': float(6.5),
  '0.1': float(0.1),
  '1e16': float(1e16),
  '1e15': float(1e15),
  '123456789012345680.0': float(123456789012345680),
  '1e21': float(1e21),
  '1e22': float(1e22),
  '1e-4': float(1e-4),
  '1e-5': float(1e-5),
  '1e-7': float(1e-7),
  '-0.0': float(-0),
  '12345678901234567890': int('12345678901234567890'),
  '2**53+1': int('9007199254740993'),
  "float('nan')": float(NaN),
  "float('inf')": float(Infinity),
  "-float('inf')": float(-Infinity),
  True: true,
  None: null,
  "{1: 'int key', True: 'x', None: 'n', 1.5: 'f'}": map(['1', 'x'], ['null', 'n'], ['1.5', 'f']),
  "'\\ud800'": '\ud800',
  "{'b': 1, 'a': 2, '10': 3, '9': 4}": map(['b', int('1')], ['a', int('2')], ['10', int('3')], ['9', int('4')]),
  '(1, 2)': [int('1'), int('2')],
};

describe('JSON as Python prints it', () => {
  for (const vector of vectors) {
    it(`prints ${vector.python_expr}`, () => {
      assert.ok(vector.python_expr in values, 'the vector has a value in this test');
      const value = values[vector.python_expr]!;
      assert.equal(printPython(value, { indent: 2 }), vector.indent2);
      if (vector.indent2_no_ascii === null) {
        assert.throws(() => printPython(value, { indent: 2, ensureAscii: false }), RangeError);
      } else {
        assert.equal(printPython(value, { indent: 2, ensureAscii: false }), vector.indent2_no_ascii);
      }
      if (vector.sort_keys_compact !== null) {
        assert.equal(printPython(value, { sortKeys: true }), vector.sort_keys_compact);
      }
      assert.equal(printPython(parsePython(vector.indent2), { indent: 2 }), vector.indent2);
    });
  }

  it('prints doubles as repr does', () => {
    const cases: [number, string][] = [
      [9999999999999998, '9999999999999998.0'],
      [1.5e300, '1.5e+300'],
      [5e-324, '5e-324'],
      [0.00012345, '0.00012345'],
      [-1234.5, '-1234.5'],
      [100, '100.0'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
    ];
    for (const [value, text] of cases) {
      assert.equal(floatRepr(value), text);
    }
  });

  it('prints an unusual number as Python does after reading it', () => {
    for (const [text, printed] of [
      ['-0', '0'],
      ['1E5', '100000.0'],
      ['1e400', 'Infinity'],
      ['-1e-400', '-0.0'],
      ['0.10', '0.1'],
    ] as const) {
      assert.equal(printPython(parsePython(text), {}), printed);
    }
  });

  it('sorts names by code point, not by UTF-16 unit', () => {
    const value = map(['\u{10000}', int('1')], ['\uffff', int('2')]);
    assert.equal(printPython(value, { sortKeys: true }), '{"\\uffff": 2, "\\ud800\\udc00": 1}');
  });

  it('reads and prints every index of the golden trees byte for byte', () => {
    let count = 0;
    for (const scope of ['system', 'instructions', 'project', 'task', 'artifacts']) {
      const bytes = readFileSync(join(golden, 'iris-kv-cache/typical/.iris/kv-cache', scope, '_index.json'));
      assert.equal(printPython(parsePythonBytes(bytes), { indent: 2 }), bytes.toString('utf8'));
      count += 1;
    }
    assert.equal(
      count,
      readdirSync(join(golden, 'iris-kv-cache/typical/.iris/kv-cache'), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      ).length,
    );
  });
});

describe('JSON as Python reads it', () => {
  const refused: [string, number, number][] = [
    ['', 1, 1],
    ['1.', 1, 2],
    ['01', 1, 2],
    ['-', 1, 1],
    ['+1', 1, 1],
    ['.5', 1, 1],
    ['\ufeff{}', 1, 1],
    ['"\t"', 1, 2],
    ['"a\nb"', 1, 3],
    ['"\\uD83"', 1, 2],
    ['"\\x"', 1, 2],
    ['"\\u+123"', 1, 2],
    ['"\\u00e9\\', 1, 8],
    ['"open', 1, 1],
    ['nan', 1, 1],
    ['-NaN', 1, 1],
    ['[1,]', 1, 4],
    ['[1 2]', 1, 4],
    ['{1:2}', 1, 2],
    ['{"a" 1}', 1, 6],
    ['{"a":1,}', 1, 8],
    ['{"a":\n1\n', 3, 1],
    ['tru', 1, 1],
    ['\u00a01', 1, 1],
    ['\x0b1', 1, 1],
    ['٣', 1, 1],
    ['1_000', 1, 2],
    ['{} {}', 1, 4],
    ['1'.repeat(4301), 1, 1],
  ];
  for (const [text, line, column] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      assert.throws(
        () => parsePython(text),
        (error) => error instanceof PythonJsonError && error.line === line && error.column === column,
      );
    });
  }

  it('refuses a depth bomb without exhausting the stack', () => {
    for (const open of ['[', '{"a":']) {
      assert.throws(() => parsePython(open.repeat(2_000_000)), PythonJsonError);
    }
    assert.doesNotThrow(() => parsePython('['.repeat(900) + ']'.repeat(900)));
  });

  it('refuses bytes that are not UTF-8, and a byte order mark', () => {
    assert.throws(() => parsePythonBytes(Uint8Array.of(0x22, 0xff, 0x22)), UserError);
    assert.throws(() => parsePythonBytes(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), PythonJsonError);
  });

  it('keeps integer-like names in order, and the last of two equal names in the place of the first', () => {
    const text = '{"10": 1, "2": 2, "__proto__": {"x": 1}, "10": 3, "constructor": 4}';
    assert.equal(printPython(parsePython(text), {}), '{"10": 3, "2": 2, "__proto__": {"x": 1}, "constructor": 4}');
  });

  it('combines surrogate pairs and keeps lone surrogates', () => {
    assert.equal(parsePython('"\\ud83d\\ude80"'), '🚀');
    assert.equal(parsePython('"\\uD800\\u0041"'), '\ud800A');
  });

  it('reads again what it printed, byte for byte', () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
      fc.bigInt().map((value) => PythonNumber.int(value)),
      fc.double().map((value) => PythonNumber.float(value)),
    );
    const { tree } = fc.letrec<{ tree: PythonValue }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree')),
        fc
          .array(fc.tuple(fc.oneof(fc.string({ unit: 'binary' }), fc.nat().map(String)), tie('tree')))
          .map((entries) => new Map(entries)),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 0, 2, 4), (value, indent) => {
        const options = indent === undefined ? {} : { indent };
        const printed = printPython(value, options);
        assert.match(printed, /^[\x20-\x7e\n]*$/);
        const read = parsePython(printed);
        assert.deepEqual(printPython(read, options), printed);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.stringify where both can print a value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value, null, 2);
        const printed = printPython(parsePython(text), { indent: 2, ensureAscii: false });
        assert.deepEqual(JSON.parse(printed), JSON.parse(text));
      }),
    );
  });

  it('never throws anything but its own error on arbitrary text', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u',
      'd83d',
      '-',
      '1',
      '.',
      'e',
      'NaN',
      ' ',
      '\n',
      'é',
      '\0',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        (text) => {
          try {
            parsePython(text);
          } catch (error) {
            assert.ok(error instanceof PythonJsonError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a Python document for display', () => {
  it('keeps __proto__ as a name and big integers as text', () => {
    const shown = toDisplayJson(
      parsePython('{"__proto__": 1, "exact": 1152921504606846976, "big": 1152921504606846977, "n": NaN, "f": 2.0}'),
    );
    assert.equal(
      JSON.stringify(shown),
      '{"__proto__":1,"exact":1152921504606847000,"big":"1152921504606846977","n":"NaN","f":2}',
    );
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('makes a document of plain values', () => {
    assert.equal(printPython(fromJson({ a: [1, 2.5, null, 'é', true] }), {}), '{"a": [1, 2.5, null, "\\u00e9", true]}');
  });
});
