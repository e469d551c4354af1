import assert from 'node:assert/strict';
import fc from 'fast-check';
import { expiryAfter, formatTimestamp, parseTimestamp, pythonNow } from '../../../src/core/cache/timestamps';

describe('timestamps', () => {
  const naive: [string, number][] = [
    ['2025-11-11T03:30:00.125091', Date.UTC(2025, 10, 11, 3, 30, 0) + 125.091],
    ['2025-11-11T03:30:00', Date.UTC(2025, 10, 11, 3, 30)],
    ['2025-11-11 03:30:00.125', Date.UTC(2025, 10, 11, 3, 30) + 125],
    ['2025-11-11T03:30', Date.UTC(2025, 10, 11, 3, 30)],
    ['2025-11-11', Date.UTC(2025, 10, 11)],
    ['2024-02-29T00:00:00', Date.UTC(2024, 1, 29)],
    ['9999-12-31T23:59:59.999999', Date.UTC(9999, 11, 31, 23, 59, 59) + 999.999],
  ];
  for (const [text, ms] of naive) {
    it(`reads ${text}`, () => {
      const timestamp = parseTimestamp(text);
      assert.ok(timestamp.kind === 'naive' && Math.abs(timestamp.ms - ms) < 0.001);
    });
  }

  const aware: [string, number][] = [
    ['2025-11-11T03:30:00Z', Date.UTC(2025, 10, 11, 3, 30)],
    ['2025-11-11T03:30:00.125091+00:00', Date.UTC(2025, 10, 11, 3, 30) + 125.091],
    ['2025-11-11T03:30:00+05:30', Date.UTC(2025, 10, 10, 22, 0)],
    ['2025-11-11T03:30:00-08:00', Date.UTC(2025, 10, 11, 11, 30)],
  ];
  for (const [text, ms] of aware) {
    it(`sees the zone of ${text}`, () => {
      const timestamp = parseTimestamp(text);
      assert.ok(timestamp.kind === 'aware' && Math.abs(timestamp.ms - ms) < 0.001);
    });
  }

  for (const text of [
    '',
    'tomorrow',
    '2025-13-01T00:00:00',
    '2025-02-29T00:00:00',
    '2025-11-11T24:00:00',
    '2025-11-11T03:60:00',
    '0000-01-01',
    '2025-11-11T03:30:00.12',
    '2025-11-11T03:30:00 ',
    '1762831800',
    '2025-11-11T',
    '20251111T033000',
  ]) {
    it(`calls ${JSON.stringify(text)} malformed`, () => {
      assert.equal(parseTimestamp(text).kind, 'malformed');
    });
  }

  it('writes six digits, or none when they are zero', () => {
    const base = Date.UTC(2025, 10, 11, 3, 30);
    assert.equal(formatTimestamp(base), '2025-11-11T03:30:00');
    assert.equal(formatTimestamp(base + 5), '2025-11-11T03:30:00.005000');
    assert.equal(formatTimestamp(base + 125.091), '2025-11-11T03:30:00.125091');
    assert.equal(formatTimestamp(-1), '1969-12-31T23:59:59.999000');
    assert.throws(() => formatTimestamp(Date.UTC(10000, 0, 1)), RangeError);
    assert.throws(() => formatTimestamp(Date.UTC(-1, 0, 1)), RangeError);
  });

  it('reads back what it wrote, to the microsecond, from 1831 to 2109', () => {
    // Milliseconds below 2^42: beyond them a double has no room for microseconds.
    const limit = 2 ** 42 * 1000;
    fc.assert(
      fc.property(fc.integer({ min: -limit, max: limit }), (microseconds) => {
        const text = formatTimestamp(microseconds / 1000);
        const timestamp = parseTimestamp(text);
        assert.equal(timestamp.kind, 'naive');
        assert.equal(formatTimestamp((timestamp as { ms: number }).ms), text);
      }),
    );
  });

  it('adds hours, whole or not', () => {
    const ms = Date.UTC(2025, 10, 12, 6, 30) + 135.263;
    assert.equal(expiryAfter(ms, 6.5), '2025-11-12T13:00:00.135263');
    assert.throws(() => expiryAfter(ms, 1e16), RangeError);
  });

  it('takes the time of a clock', () => {
    assert.equal(pythonNow({ now: () => 0 }), '1970-01-01T00:00:00');
  });
});
