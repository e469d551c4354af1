import assert from 'node:assert/strict';
import { soundSetting } from '../../../src/vscode/soundSetting';

describe('soundSetting', () => {
  it('gives a value of the right kind as it is', () => {
    assert.equal(soundSetting(0, 10_000), 0);
    assert.equal(soundSetting('', 'o200k_base'), '');
    assert.equal(soundSetting(false, true), false);
    assert.deepEqual(soundSetting({ a: null }, {}), { a: null });
    assert.deepEqual(soundSetting(['a'], []), ['a']);
  });

  it('gives the default in place of a value of another kind', () => {
    for (const wrong of [null, undefined, 'a', 1, true, {}]) {
      assert.deepEqual(soundSetting(wrong, ['default']), ['default'], JSON.stringify(wrong));
    }
    assert.deepEqual(soundSetting([], { default: 1 }), { default: 1 });
    assert.equal(soundSetting('10', 10_000), 10_000);
  });

  it('drops items of a list that are nothing', () => {
    assert.deepEqual(soundSetting([null, { name: 'a' }, null], []), [{ name: 'a' }]);
  });
});
