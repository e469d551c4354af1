import assert from 'node:assert/strict';
import { formatDuration, quotaBar } from '../../../src/vscode/sandboxes/format';

const minute = 60_000;
const hour = 60 * minute;

function table<Input>(
  name: string,
  format: (input: Input) => string,
  cases: readonly (readonly [Input, string])[],
): void {
  describe(name, () => {
    for (const [input, expected] of cases) {
      it(`${String(input)} reads "${expected}"`, () => {
        assert.equal(format(input), expected);
      });
    }
  });
}

table('formatDuration', formatDuration, [
  [-1, '0 s'],
  [59_999, '59 s'],
  [minute, '1 min'],
  [hour - 1, '59 min'],
  [47 * hour, '47 h'],
  [48 * hour, '2 d'],
  [1000 * 24 * hour, '1000 d'],
]);

table('quotaBar', ([used, quota]: readonly [number, number]) => quotaBar(used, quota), [
  [[0, 100], '▱▱▱▱▱'],
  [[1, 100], '▰▱▱▱▱'],
  [[20, 100], '▰▱▱▱▱'],
  [[41, 100], '▰▰▰▱▱'],
  [[99, 100], '▰▰▰▰▱'],
  [[100, 100], '▰▰▰▰▰'],
  [[500, 100], '▰▰▰▰▰'],
  [[5, 0], '▱▱▱▱▱'],
]);
